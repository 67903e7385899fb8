import DHTModel
import MessagePack

// values = [ value | packed size, … ]. A bad element is skipped alone. (wire.md §3.1, §7)

extension ValueList {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let count = try reader.readArrayHeader()
    self.init(isPresent: true)
    for place in 0..<count {
      var ahead = reader
      switch try reader.peekKind() {
      case .map:
        do throws(MessagePackError) {
          values.append(try Value(reading: &ahead))
          reader = ahead
        } catch {
          try reader.skip()
          malformed += 1
        }
      case .unsigned, .signed:
        if let size = try reader.readUnsignedOrSkip(), size <= UInt64(WireLimits.packedValueBytes) {
          announce(Int(size), at: place)
        } else {
          malformed += 1
        }
      default:
        try reader.skip()
        malformed += 1
      }
    }
  }

  private mutating func announce(_ size: Int, at place: Int) {
    while announced.count < place { announced.append(nil) }
    announced.append(size)
  }

  /// Whether the values travel in the message itself. (§7.1: fewer than 50, and fewer than 600 bytes)
  var standInline: Bool {
    guard announced.isEmpty, values.count < WireLimits.inlineValueCount else { return false }
    var total = 0
    for value in values {
      total += value.packedByteCount
      if total >= WireLimits.inlineValueBytes { return false }
    }
    return true
  }

  /// Whether parts follow the message: a list that was decoded with sizes has them already on their way.
  var needsParts: Bool { announced.isEmpty && !standInline }

  func write(to writer: inout MessagePackWriter) {
    if !announced.isEmpty {
      writeAsAnnounced(to: &writer)
    } else if standInline {
      writer.writeArrayHeader(values.count)
      for value in values { value.write(to: &writer) }
    } else {
      writer.writeArrayHeader(values.count)
      for value in values { writer.writeUInt64(UInt64(value.packedByteCount)) }
    }
  }

  // Each size at its place, and inline values in the places between; nil where neither is.
  private func writeAsAnnounced(to writer: inout MessagePackWriter) {
    let free = announced.count { $0 == nil }
    writer.writeArrayHeader(announced.count + max(0, values.count - free))
    var rest = values[...]
    for size in announced {
      if let size {
        writer.writeUInt64(UInt64(size))
      } else if let value = rest.popFirst() {
        value.write(to: &writer)
      } else {
        writer.writeNil()
      }
    }
    for value in rest { value.write(to: &writer) }
  }
}
