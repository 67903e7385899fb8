/// Writes MessagePack, always in the shortest form, at the end of an array of bytes.
///
/// The array is made large enough once, so that a field is one check and a few wide stores, and not a call per byte.
///
/// ```swift
/// let bytes = MessagePackWriter.bytes { writer in
///   let map = writer.openMap()
///   writer.writeKey(MessagePackKey("id"))
///   writer.writeUInt64(7)
///   writer.closeMap(map)
/// }
/// ```
public struct MessagePackWriter: ~Copyable {
  // Memory of the array, which outlives the writer: only `append` makes one, and lends it to a closure.
  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  // May run beyond the capacity. Nothing is stored there; but the count of bytes that are needed is known.
  private var end = 0
  // Keys written since the innermost open map began.
  private var keyCount = 0

  private init(base: UnsafeMutableRawPointer, capacity: Int) {
    self.base = base
    self.capacity = capacity
  }

  /// Appends what a closure writes.
  ///
  /// - Parameters:
  ///   - bytes: Grows by exactly what is written. Nothing is allocated while its capacity suffices.
  ///   - reserving: Bytes that will probably do. When they do not, the closure runs a second time, with enough.
  ///   - write: Writes the same each time it runs.
  public static func append(
    to bytes: inout [UInt8], reserving: Int, _ write: (inout MessagePackWriter) -> Void
  ) {
    var room = reserving
    while true {
      // `append(addingCapacity:)` alone might grow to the exact size each time.
      if bytes.capacity - bytes.count < room { bytes.reserveCapacity(max(bytes.count + room, 2 * bytes.capacity)) }
      var needed = 0
      bytes.append(addingCapacity: room) { (output: inout OutputSpan<UInt8>) in
        output.withUnsafeMutableBufferPointer { buffer, count in
          // A buffer without address has no capacity, so nothing is stored through the other pointer.
          let start = buffer.baseAddress.map { UnsafeMutableRawPointer($0 + count) }
          var writer = MessagePackWriter(
            base: start ?? UnsafeMutableRawPointer(bitPattern: 1).unsafelyUnwrapped, capacity: buffer.count - count)
          write(&writer)
          needed = writer.end
          if needed <= writer.capacity { count += needed } else { needed = -needed }
        }
      }
      guard needed < 0 else { return }
      room = -needed
    }
  }

  /// What a closure writes.
  public static func bytes(reserving: Int = 64, _ write: (inout MessagePackWriter) -> Void) -> [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes, reserving: reserving, write)
    return bytes
  }
}

// MARK: Scalars

extension MessagePackWriter {
  /// Writes nil.
  public mutating func writeNil() { writeTag(0xc0) }

  /// Writes a Boolean.
  public mutating func writeBool(_ value: Bool) { writeTag(value ? 0xc3 : 0xc2) }

  /// Writes an integer that is not negative.
  public mutating func writeUInt64(_ value: UInt64) {
    switch value {
    case 0...0x7f: writeTag(UInt8(truncatingIfNeeded: value))
    case 0...0xff: write(0xcc, UInt8(truncatingIfNeeded: value))
    case 0...0xffff: write(0xcd, UInt16(truncatingIfNeeded: value))
    case 0...0xffff_ffff: write(0xce, UInt32(truncatingIfNeeded: value))
    default: write(0xcf, value)
    }
  }

  /// Writes an integer.
  public mutating func writeInt64(_ value: Int64) {
    switch value {
    case 0...: writeUInt64(UInt64(value))
    case (-32)...: writeTag(UInt8(bitPattern: Int8(truncatingIfNeeded: value)))
    case Int64(Int8.min)...: write(0xd0, Int8(truncatingIfNeeded: value))
    case Int64(Int16.min)...: write(0xd1, Int16(truncatingIfNeeded: value))
    case Int64(Int32.min)...: write(0xd2, Int32(truncatingIfNeeded: value))
    default: write(0xd3, value)
    }
  }

  /// Writes a floating-point number of 32 bits.
  public mutating func writeFloat(_ value: Float) { write(0xca, value.bitPattern) }

  /// Writes a floating-point number of 64 bits.
  public mutating func writeDouble(_ value: Double) { write(0xcb, value.bitPattern) }

  /// Writes a timestamp, extension −1, of seconds since 1970 and nanoseconds below 10⁹.
  public mutating func writeTimestamp(seconds: Int64, nanoseconds: UInt32) {
    if nanoseconds == 0, let short = UInt32(exactly: seconds) {
      write(0xd6, UInt8(0xff))
      append(short)
    } else if (0..<1 << 34).contains(seconds) {
      write(0xd7, UInt8(0xff))
      append(UInt64(nanoseconds) << 34 | UInt64(seconds))
    } else {
      write(0xc7, UInt16(0x0cff))
      append(nanoseconds)
      append(seconds)
    }
  }

  @inline(__always)
  private mutating func writeTag(_ tag: UInt8) { append(tag) }

  @inline(__always)
  private mutating func write<T: FixedWidthInteger & BitwiseCopyable>(_ tag: UInt8, _ number: T) {
    append(tag)
    append(number)
  }
}

// MARK: Bytes and containers

extension MessagePackWriter {
  /// Writes a string from its UTF-8 bytes.
  public mutating func writeString(_ bytes: [UInt8]) {
    writeStringHeader(bytes.count)
    append(bytes)
  }

  /// Writes a string.
  public mutating func writeString(_ text: String) {
    var text = text
    text.withUTF8 { utf8 in
      writeStringHeader(utf8.count)
      append(utf8.span.bytes)
    }
  }

  /// Writes a short key of the map that was opened last, as a string.
  @inline(__always)
  public mutating func writeKey(_ key: MessagePackKey) {
    writeName(key)
    keyCount += 1
  }

  /// Writes a short name that is a value, as a string.
  @inline(__always)
  public mutating func writeName(_ key: MessagePackKey) {
    precondition(key.byteCount <= MessagePackKey.maximumByteCount, "a name that was not understood is not written")
    let count = key.byteCount
    let word = key.word & 0x00ff_ffff_ffff_ffff | UInt64(0xa0 | UInt8(truncatingIfNeeded: count)) << 56
    if capacity - end >= 8 {
      // Header and seven bytes in one store; the writing goes on after the last byte of the name.
      base.storeBytes(of: word.bigEndian, toByteOffset: end, as: UInt64.self)
      end += 1 + count
    } else {
      for index in 0...count { append(UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * index))) }
    }
  }

  /// Begins a map whose pairs are counted while they are written: one for each `writeKey`, at most 15.
  public mutating func openMap() -> OpenMap {
    let map = OpenMap(place: end, outerKeyCount: keyCount)
    writeTag(0x80)
    keyCount = 0
    return map
  }

  /// Ends the map that was opened last.
  public mutating func closeMap(_ map: consuming OpenMap) {
    precondition(keyCount <= 15, "a map that is counted while it is written has at most 15 pairs")
    if map.place < capacity {
      base.storeBytes(of: 0x80 | UInt8(truncatingIfNeeded: keyCount), toByteOffset: map.place, as: UInt8.self)
    }
    keyCount = map.outerKeyCount
  }

  /// A map between `openMap` and `closeMap`.
  public struct OpenMap: ~Copyable {
    fileprivate let place: Int
    fileprivate let outerKeyCount: Int
  }

  /// Writes a binary.
  public mutating func writeBinary(_ bytes: [UInt8]) {
    writeBinaryHeader(bytes.count)
    append(bytes)
  }

  /// Writes the header of a string; its bytes follow by `append`.
  public mutating func writeStringHeader(_ count: Int) {
    switch count {
    case 0...31: writeTag(0xa0 | UInt8(truncatingIfNeeded: count))
    case 0...0xff: write(0xd9, UInt8(truncatingIfNeeded: count))
    case 0...0xffff: write(0xda, UInt16(truncatingIfNeeded: count))
    default: write(0xdb, Self.count32(count))
    }
  }

  /// Writes the header of a binary; its bytes follow by `append`.
  public mutating func writeBinaryHeader(_ count: Int) {
    switch count {
    case 0...0xff: write(0xc4, UInt8(truncatingIfNeeded: count))
    case 0...0xffff: write(0xc5, UInt16(truncatingIfNeeded: count))
    default: write(0xc6, Self.count32(count))
    }
  }

  /// Writes the header of an array; so many objects follow.
  public mutating func writeArrayHeader(_ count: Int) {
    switch count {
    case 0...15: writeTag(0x90 | UInt8(truncatingIfNeeded: count))
    case 0...0xffff: write(0xdc, UInt16(truncatingIfNeeded: count))
    default: write(0xdd, Self.count32(count))
    }
  }

  /// Writes the header of a map; so many pairs follow.
  public mutating func writeMapHeader(_ count: Int) {
    switch count {
    case 0...15: writeTag(0x80 | UInt8(truncatingIfNeeded: count))
    case 0...0xffff: write(0xde, UInt16(truncatingIfNeeded: count))
    default: write(0xdf, Self.count32(count))
    }
  }

  /// Appends a number in network order, without a header.
  @inline(__always)
  public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ number: T) {
    if capacity - end >= MemoryLayout<T>.size {
      base.storeBytes(of: number.bigEndian, toByteOffset: end, as: T.self)
    }
    end += MemoryLayout<T>.size
  }

  /// Appends bytes as they are, without a header.
  public mutating func append(_ bytes: [UInt8]) { append(bytes.span.bytes) }

  /// Appends bytes as they are, without a header.
  public mutating func append(_ bytes: RawSpan) {
    let count = bytes.byteCount
    if count > 0, capacity - end >= count {
      bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(start: base + end, count: count).copyMemory(from: source)
      }
    }
    end += count
  }

  private static func count32(_ count: Int) -> UInt32 {
    guard let short = UInt32(exactly: count) else { preconditionFailure("\(count) is beyond what MessagePack counts") }
    return short
  }
}
