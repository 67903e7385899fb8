internal import DHTJSON
public import DHTModel

/// The lines of a get or a listen, as they arrive: bytes in, values out. Framing by chunks is undone before. (proxy.md §7)
///
///     try stream.append(chunk)
///     while let event = stream.next() { … }
///
/// Whatever clients of the network pass over is passed over: blanks, empty objects, objects without a value's members,
/// lines that are no JSON. Peers do not look at the rest of a chunk after such a line; this does.
public struct ValueStream: Sendable {
  /// What a line says.
  public enum Event: Hashable, Sendable {
    /// A value is there.
    case value(Value)
    /// A value is gone.
    case expired(Value)
  }

  /// Lines that could not be read. A get with one is not complete.
  public private(set) var malformedLines = 0
  private var buffer: [UInt8] = []
  // Where the next line begins, and where its end is looked for.
  private var start = 0
  private var searched = 0
  // Where the line begins whose end has not come.
  private var unfinished = 0

  /// A stream of which nothing has come yet.
  public init() {}

  /// Takes bytes in. Take all events out before the next.
  ///
  /// - Throws: that a line has more bytes than it may. The stream cannot be read further; close the connection.
  public mutating func append(_ bytes: some Sequence<UInt8>) throws(MessageError) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      searched -= start
      unfinished -= start
      start = 0
    }
    let known = buffer.count
    buffer.append(contentsOf: bytes)
    if let end = buffer[known...].lastIndex(of: UInt8(ascii: "\n")) { unfinished = end + 1 }
    guard buffer.count - unfinished <= MessageLimits.bodyBytes else {
      throw .bodyTooLong(limit: MessageLimits.bodyBytes)
    }
  }

  /// The next event of the lines that are whole; nil when more bytes are needed.
  public mutating func next() -> Event? {
    while let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = Array(buffer[start..<end])
      start = end + 1
      searched = start
      if let event = read(line) { return event }
    }
    searched = buffer.count
    return nil
  }

  /// The event of a last line without an end; call it when the stream has ended.
  public mutating func finish() -> Event? {
    let line = Array(buffer[start...])
    start = buffer.count
    (searched, unfinished) = (start, start)
    return read(line)
  }

  private mutating func read(_ line: [UInt8]) -> Event? {
    guard line.contains(where: { $0 > UInt8(ascii: " ") }) else { return nil }
    do {
      let json = try JSON(body: line)
      guard json["id"] != nil || json["data"] != nil || json["cypher"] != nil else { return nil }
      let value = try Value(json)
      return if case .bool(true) = json["expired"] { .expired(value) } else { .value(value) }
    } catch {
      malformedLines += 1
      return nil
    }
  }
}
