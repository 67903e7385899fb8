internal import DHTJSON
internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity

/// What a stream is asked for.
///
///     GET /events?key=foo&key=0beec7b5…&where=user_type=text/plain
///     POST /events   {"keys":["foo","0beec7b5…"],"where":"id=7","last":"4f1d0c9a7be25512-1b3-9c2e11d80a6f7702"}
struct EventRequest: Equatable {
  /// Each once, in the order given.
  var keys: [InfoHash] = []
  var filters: [Query.Filter] = []
  /// Where the reader was.
  var position: EventPosition?

  /// Tests of a text of filters. Query texts of the network have five fields.
  private static let mostFilters = 16

  /// Reads the query of a GET, `%` escapes undone. Unknown parameters are ignored.
  init(query: Substring, mostKeys: Int) throws(ErrorAnswerError) {
    var keys: [[UInt8]] = []
    for parameter in query.split(separator: "&") {
      let sides = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, let value = Self.unescaped(sides[1]) else { continue }
      switch sides[0] {
      case "key": keys.append(value)
      case "where": filters = try Self.filters(String(decoding: value, as: UTF8.self))
      case "last": position = EventPosition(String(decoding: value, as: UTF8.self))
      default: break
      }
    }
    try take(keys, mostKeys)
  }

  /// Reads the body of a POST.
  init(body: [UInt8], mostKeys: Int) throws(ErrorAnswerError) {
    let limits = JSONLimits(byteCount: MessageLimits.bodyBytes, depth: 4, valueCount: mostKeys + 64)
    let json: JSON
    do { json = try JSON(reading: body, within: limits) } catch { throw ErrorAnswerError(answer: .incorrectJSON) }
    try self.init(json, mostKeys: mostKeys)
  }

  private init(_ json: JSON, mostKeys: Int) throws(ErrorAnswerError) {
    guard case .array(let names)? = json["keys"] else { throw ErrorAnswerError("No keys") }
    if let text = json["where"]?.string { filters = try Self.filters(text) }
    position = json["last"]?.string.flatMap { EventPosition($0) }
    try take(names.map { Array(($0.string ?? "").utf8) }, mostKeys)
  }

  private mutating func take(_ names: [[UInt8]], _ mostKeys: Int) throws(ErrorAnswerError) {
    keys = try Self.keys(names)
    guard !keys.isEmpty else { throw ErrorAnswerError("No keys") }
    guard keys.count <= mostKeys else { throw ErrorAnswerError(answer: Refusal.tooManyKeys.answer) }
  }

  /// Keys by their names, as paths have them; each once.
  static func keys(_ names: [[UInt8]]) throws(ErrorAnswerError) -> [InfoHash] {
    var known = Set<InfoHash>()
    var keys: [InfoHash] = []
    for name in names {
      let key: InfoHash
      switch KeySegment(name) {
      case .hash(let hash): key = hash
      case .name(let bytes): key = InfoHash(hashing: bytes)
      case nil: throw ErrorAnswerError("An empty key")
      }
      if known.insert(key).inserted { keys.append(key) }
    }
    return keys
  }

  /// Keys in a member of a body, which may be missing.
  static func keys(_ json: JSON, _ name: String) throws(ErrorAnswerError) -> [InfoHash] {
    guard case .array(let names)? = json[name] else { return [] }
    return try keys(names.map { Array(($0.string ?? "").utf8) })
  }

  private static func filters(_ text: String) throws(ErrorAnswerError) -> [Query.Filter] {
    do {
      let filters = try Query(parsing: "WHERE " + text).filters
      guard filters.count <= mostFilters else { throw ErrorAnswerError("Too many filters") }
      return filters
    } catch let error as ErrorAnswerError { throw error } catch { throw ErrorAnswerError("Unknown filter") }
  }

  /// Undoes `%` escapes; nil for a wrong one. A plus is a space, as browsers write it.
  private static func unescaped(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        continue
      }
      guard rest.count >= 2, let value = hexBytes(String(decoding: rest.prefix(2), as: UTF8.self)) else { return nil }
      bytes += value
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}

/// A refusal that is thrown.
struct ErrorAnswerError: Error, Equatable {
  var answer: ErrorAnswer
}

extension ErrorAnswerError {
  init(_ reason: String) { self.init(answer: ErrorAnswer(status: 400, reason: reason)) }
}
