import OpenDHT

/// Reads and prints queries as text: `SELECT id,user_type WHERE value_type=3,user_type="text/plain"`. (wire.md §6.5)
enum QueryText {
  /// A Where name that does not exist, with a value.
  struct UnknownField: Error, Equatable, CustomStringConvertible {
    var name: String
    var description: String { "Error parsing query. (WHERE) wrong token near: \(name)" }
  }

  /// Reads a query with all the tolerances of the network's tools; empty text is everything.
  static func parse(_ text: some StringProtocol) throws(UnknownField) -> Query {
    let (selection, conditions) = split(Array(text.utf8))
    return Query(select: fields(selection), where: try filters(conditions))
  }

  /// Whether either keyword is there. Without one a text would mean "everything", which nobody means by it.
  static func hasKeyword(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    return ["SELECT", "select", "WHERE", "where"].contains { find($0, in: bytes) != nil }
  }

  /// `Query[SELECT * WHERE id=5]`; `Query[SELECT * ]` without conditions, as deployed nodes print it.
  static func print(_ query: Query) -> String {
    var text = "Query[SELECT "
    text += query.select.isEmpty ? "*" : query.select.map(selectName).joined(separator: ",")
    text += " "
    if !query.filters.isEmpty { text += "WHERE " + query.filters.map(conditionText).joined(separator: ",") }
    return text + "]"
  }
}

extension QueryText {
  private static let fieldNames: [String: Query.Field] = [
    "id": .id, "value_type": .valueType, "owner_pk": .owner, "seq": .sequence, "user_type": .userType,
  ]

  // The first WHERE or where anywhere, even within a word, ends the selection: so read the network's tools.
  private static func split(_ text: [UInt8]) -> (selection: ArraySlice<UInt8>, conditions: ArraySlice<UInt8>) {
    guard let start = [find("WHERE", in: text), find("where", in: text)].compactMap({ $0 }).min() else {
      return (text[...], [])
    }
    return (text[..<start], text[(start + 5)...])
  }

  private static func find(_ word: String, in text: [UInt8]) -> Int? {
    let word = Array(word.utf8)
    guard text.count >= word.count else { return nil }
    return (0...(text.count - word.count)).first { text[$0..<($0 + word.count)].elementsEqual(word) }
  }

  private static func fields(_ selection: ArraySlice<UInt8>) -> [Query.Field] {
    let words = selection.split(whereSeparator: isSpace)
    guard let keyword = words.firstIndex(where: { $0.elementsEqual("SELECT".utf8) || $0.elementsEqual("select".utf8) }),
      keyword + 1 < words.count
    else { return [] }
    var fields: [Query.Field] = []
    for name in words[keyword + 1].split(separator: UInt8(ascii: ",")) {
      guard let field = fieldNames[String(decoding: name, as: UTF8.self)], !fields.contains(field) else { continue }
      fields.append(field)
    }
    return fields
  }

  private static func filters(_ conditions: ArraySlice<UInt8>) throws(UnknownField) -> [Query.Filter] {
    var filters: [Query.Filter] = []
    for item in conditions.split(separator: UInt8(ascii: ",")) {
      // A second `=` cuts the value; an item without a value is skipped.
      let parts = item.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false).map(trimmed)
      guard parts.count >= 2 else { continue }
      let value = unquoted(parts[1])
      guard !parts[1].isEmpty, !parts[0].isEmpty else { continue }
      let filter = try filter(String(decoding: parts[0], as: UTF8.self), Array(value))
      if !filters.contains(filter) { filters.append(filter) }
    }
    return filters
  }

  private static func filter(_ name: String, _ value: [UInt8]) throws(UnknownField) -> Query.Filter {
    switch fieldNames[name] {
    case .id: .id(number(value))
    case .valueType: .valueType(UInt16(truncatingIfNeeded: number(value)))
    case .owner: .owner(InfoHash(hex: String(decoding: value, as: UTF8.self)) ?? .zero)
    case .sequence: .sequence(UInt16(truncatingIfNeeded: number(value)))
    case .userType: .userType(value)
    case nil: throw UnknownField(name: name)
    }
  }

  /// The unsigned decimal number that a text begins with: 0 without digits, all ones when too large, wrapped when negative.
  private static func number(_ text: [UInt8]) -> UInt64 {
    var digits = text[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
    var number: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      if overflow || carry { return .max }
      number = sum
    }
    return isNegative ? 0 &- number : number
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text = text.dropLast() }
    return text
  }

  private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let quote = UInt8(ascii: "\"")
    return text.count >= 2 && text.first == quote && text.last == quote ? text.dropFirst().dropLast() : text
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

  private static func selectName(_ field: Query.Field) -> String {
    switch field {
    case .id: "id"
    case .valueType: "value_type"
    case .owner: "owner_public_key"
    case .sequence: "seq"
    case .userType: "user_type"
    }
  }

  private static func conditionText(_ filter: Query.Filter) -> String {
    switch filter {
    case .id(let id): "id=\(id)"
    case .valueType(let type): "value_type=\(type)"
    case .owner(let id): "owner_pk_hash=\(id)"
    case .sequence(let sequence): "seq=\(sequence)"
    case .userType(let type): "user_type=\(String(decoding: type, as: UTF8.self))"
    }
  }
}

extension Query {
  /// The same for records: a query that selects nothing asks for whole values, of which people want every field.
  var forRecords: Query { select.isEmpty ? Query(select: Field.allCases, where: filters) : self }
}
