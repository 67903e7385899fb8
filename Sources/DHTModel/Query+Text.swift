// `[SELECT field,field,… ] [WHERE field=value,field=value,…]` (wire.md §6.5)

extension Query {
  /// Parses the text form, by the rules of the network's tools.
  ///
  /// ```swift
  /// let query = try Query(parsing: "SELECT id WHERE user_type=\"text/plain\"")
  /// ```
  /// Keywords are all upper or all lower case. The list of SELECT is one word: nothing after a space belongs to it.
  /// Unknown fields are skipped there. A filter on `seq` cannot travel and is applied on our side.
  /// - Throws: `QueryError.unknownField` when a filter with a value names no field.
  public init(parsing text: some StringProtocol) throws(QueryError) {
    let text = Array(text.utf8)
    let (selection, conditions) = Self.split(text)
    self.init(select: Self.fields(in: selection), where: try Self.filters(in: conditions))
  }

  // At the first WHERE or where, which may stand anywhere, even within a word.
  private static func split(_ text: [UInt8]) -> (selection: ArraySlice<UInt8>, conditions: ArraySlice<UInt8>) {
    for place in text.indices {
      let word = text[place...].prefix(5)
      if word.elementsEqual("WHERE".utf8) || word.elementsEqual("where".utf8) {
        return (text[..<place], text[(place + 5)...])
      }
    }
    return (text[...], [])
  }

  private static func fields(in text: ArraySlice<UInt8>) -> [Field] {
    let words = text.split(whereSeparator: isSpace)
    guard words.count >= 2, words[0].elementsEqual("SELECT".utf8) || words[0].elementsEqual("select".utf8) else {
      return []
    }
    var fields: [Field] = []
    for name in words[1].split(separator: UInt8(ascii: ",")) {
      if let field = Field(name: name), !fields.contains(field) { fields.append(field) }
    }
    return fields
  }

  private static func filters(in text: ArraySlice<UInt8>) throws(QueryError) -> [Filter] {
    var filters: [Filter] = []
    for item in text.split(separator: UInt8(ascii: ",")) {
      // A second = ends the value.
      let sides = item.split(separator: UInt8(ascii: "="), omittingEmptySubsequences: false)
      guard sides.count >= 2 else { continue }
      let value = trimmed(sides[1])
      guard !value.isEmpty else { continue }
      let filter = try Filter(name: trimmed(sides[0]), value: unquoted(value))
      if !filters.contains(filter) { filters.append(filter) }
    }
    return filters
  }

  private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let start = text.drop(while: isSpace)
    return start.prefix(upTo: start.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start.startIndex)
  }

  // Quotes go only in pairs: the comma that splits a quoted text leaves one on each side.
  private static func unquoted(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let quote = UInt8(ascii: "\"")
    guard text.count >= 2, text.first == quote, text.last == quote else { return text }
    return text.dropFirst().dropLast()
  }

  fileprivate static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}

extension Query.Field {
  /// The name in query texts.
  public var name: String {
    switch self {
    case .id: "id"
    case .valueType: "value_type"
    case .owner: "owner_pk"
    case .sequence: "seq"
    case .userType: "user_type"
    }
  }

  fileprivate init?(name: ArraySlice<UInt8>) {
    guard let field = Self.allCases.first(where: { name.elementsEqual($0.name.utf8) }) else { return nil }
    self = field
  }
}

extension Query.Filter {
  fileprivate init(name: ArraySlice<UInt8>, value: ArraySlice<UInt8>) throws(QueryError) {
    switch Query.Field(name: name) {
    case .id: self = .id(Self.number(value))
    case .valueType: self = .valueType(UInt16(truncatingIfNeeded: Self.number(value)))
    case .owner: self = .owner(InfoHash(hex: String(decoding: value.prefix(40), as: UTF8.self)) ?? .zero)
    case .sequence: self = .sequence(UInt16(truncatingIfNeeded: Self.number(value)))
    case .userType: self = .userType(Array(value))
    case nil: throw .unknownField(String(decoding: name, as: UTF8.self))
    }
  }

  // The digits at the start; none count as 0, too many as the greatest number. A minus wraps, as in C.
  private static func number(_ text: ArraySlice<UInt8>) -> UInt64 {
    var rest = text
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var number: UInt64 = 0
    for digit in rest {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { break }
      let (product, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !overflow, !carry else { return .max }
      number = sum
    }
    return isNegative ? 0 &- number : number
  }
}

extension Query: CustomStringConvertible {
  /// `Query[SELECT a,b WHERE x=1]`, as the network's tools print it; `*` for an empty selection.
  public var description: String {
    let selection = select.isEmpty ? "*" : select.map(Self.printedName).joined(separator: ",")
    let conditions = filters.isEmpty ? "" : "WHERE " + filters.map(\.description).joined(separator: ",")
    return "Query[SELECT \(selection) \(conditions)]"
  }

  private static func printedName(_ field: Field) -> String {
    field == .owner ? "owner_public_key" : field.name
  }
}

extension Query.Filter: CustomStringConvertible {
  /// `field=value`.
  public var description: String {
    switch self {
    case .id(let id): "id=\(id)"
    case .valueType(let type): "value_type=\(type)"
    case .owner(let id): "owner_pk_hash=\(id)"
    case .sequence(let sequence): "seq=\(sequence)"
    case .userType(let bytes): "user_type=\(String(decoding: bytes, as: UTF8.self))"
    }
  }
}
