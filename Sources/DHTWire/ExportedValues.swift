public import DHTModel
import MessagePack

/// The values of one key that one run leaves to the next. (wire.md §10.2)
///
/// ```
/// 2.4.12        [ created: int, value ]
/// 3.7.4 – 4.2   [ created: int, value, addr: bin, expiration: int ]
/// 4.3 and later [ created: timestamp, value, addr: bin, expiration: timestamp ]     written
/// ```
/// An int counts nanoseconds of a monotonic clock that is long gone; such a value counts as made now.
public struct ExportedValues: Hashable, Sendable {
  /// One value and what its node knew about it.
  public struct Entry: Hashable, Sendable {
    /// The value itself.
    public var value: Value
    /// When it was made; never later than the import.
    public var created: WallTime
    /// Who put it; nil for one of the exporting node's own, and in the oldest form.
    public var source: SocketAddress?
    /// Until when it is kept; `.permanent` without end, nil where the form does not tell.
    public var expiration: WallTime?

    /// An entry of the given fields.
    public init(value: Value, created: WallTime, source: SocketAddress? = nil, expiration: WallTime? = nil) {
      self.value = value
      self.created = created
      self.source = source
      self.expiration = expiration
    }
  }

  /// The values in the order of the export.
  public var entries: [Entry]

  /// An export of these values.
  public init(_ entries: [Entry]) { self.entries = entries }

  /// Reads an export of any of the three forms. An entry that cannot be read is left out.
  /// - Throws: `WireError.malformed` when it is no list.
  public init(decoding bytes: RawSpan, now: WallTime) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    do throws(MessagePackError) {
      self = try ExportedValues(reading: &reader, now: now)
    } catch {
      throw .malformed(error)
    }
  }

  /// The export as bytes, in the form of 4.3 and later. An entry without expiration is written as permanent.
  public func encoded() -> [UInt8] {
    let room = entries.reduce(8) { $0 + $1.value.packedByteCount + 64 }
    return MessagePackWriter.bytes(reserving: room) { writer in
      writer.writeArrayHeader(entries.count)
      for entry in entries { entry.write(to: &writer) }
    }
  }
}

extension WallTime {
  /// The expiration of a value that is kept without end: the greatest date there is. (wire.md §10.2)
  public static let permanent = WallTime(nanoseconds: .max)
}

extension ExportedValues {
  private init(reading reader: inout MessagePackReader, now: WallTime) throws(MessagePackError) {
    self.init([])
    for _ in 0..<(try reader.readArrayHeader()) {
      var ahead = reader
      try reader.skip()
      if let entry = try? Entry(reading: &ahead, now: now) { entries.append(entry) }
    }
  }
}

extension ExportedValues.Entry {
  fileprivate init(reading reader: inout MessagePackReader, now: WallTime) throws(MessagePackError) {
    let start = reader.offset
    let count = try reader.readArrayHeader()
    guard count >= 2 else { throw .outOfRange(offset: start) }
    created = min(try reader.readTime() ?? now, now)
    value = try Value(reading: &reader)
    if count >= 4 {
      source = SocketAddress(linuxBytes: try reader.readBlob())
      expiration = try reader.readTime()
    }
  }

  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.writeArrayHeader(4)
    writer.writeTime(created)
    value.write(to: &writer)
    writer.writeBinary(source?.linuxBytes ?? [])
    writer.writeTime(expiration ?? .permanent)
  }
}

extension MessagePackReader {
  // Nil for an int, whose clock is not ours. Dates that do not fit are moved to the nearest that do.
  @_lifetime(self: copy self)
  fileprivate mutating func readTime() throws(MessagePackError) -> WallTime? {
    guard try peekKind() == .extension else {
      _ = try readInt64()
      return nil
    }
    let (seconds, nanoseconds) = try readTimestamp()
    return WallTime(seconds: seconds) + .nanoseconds(Int64(nanoseconds))
  }
}

extension MessagePackWriter {
  fileprivate mutating func writeTime(_ time: WallTime) {
    // Rounded down, so that the nanoseconds are never negative.
    let (quotient, remainder) = time.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let isBefore = remainder < 0
    writeTimestamp(
      seconds: isBefore ? quotient - 1 : quotient, nanoseconds: UInt32(isBefore ? remainder + 1_000_000_000 : remainder)
    )
  }
}
