public import DHTModel
import MessagePack

// value = { "id": uint64, "dat": content, ["p": uint], ["pt": str] }
// content = cypher as bin | { "body": body, ["sig": bin] }
// body = { ["seq": uint16, "owner": bin, ["to": bin(20)],] "type": uint16, "data": bin, ["utype": str] }
// Written in this order: signatures cover the packed body. (wire.md §5.1, §5.2)

extension Value {
  /// Reads a packed value; bytes after it are ignored.
  /// - Throws: `WireError.malformed` when it is no value by the rules of wire.md §5.1. Whether the owner is a key
  ///   is for the security layer to say.
  public init(unpacking bytes: RawSpan) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    do throws(MessagePackError) { self = try Value(reading: &reader) } catch { throw .malformed(error) }
  }

  /// The value as it travels.
  public func packed() -> [UInt8] {
    MessagePackWriter.bytes(reserving: packedByteCount) { write(to: &$0) }
  }

  /// Count of the bytes of `packed()`, without packing.
  public var packedByteCount: Int {
    var count = 1 + 3 + MessagePackSize.uint64(id) + 4 + content.packedByteCount
    if priority != 0 { count += 2 + MessagePackSize.uint64(priority) }
    if !pushTypeBytes.isEmpty { count += 3 + MessagePackSize.string(pushTypeBytes.count) }
    return count
  }

  /// What a signature covers: the packed body, with sequence number, owner and recipient of a signed value.
  /// Empty for an encrypted value.
  public var signedBytes: [UInt8] {
    MessagePackWriter.bytes(reserving: content.packedByteCount) { content.writeBody(to: &$0) }
  }
}

extension Value {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    let count = try reader.readMapHeader()
    var id: ID?
    var content: Content?
    var priority: UInt64?
    var pushType: [UInt8]?
    for _ in 0..<count {
      switch try reader.readKey() {
      case .id where id == nil: id = try reader.readUInt64()
      case .content where content == nil: content = try Content(reading: &reader)
      case .priority where priority == nil: priority = try reader.readUInt64()
      case .pushType where pushType == nil: pushType = reader.copy(try reader.readStringOrBinary())
      default: try reader.skip()
      }
    }
    guard let id, let content else { throw .unexpectedType(offset: start) }
    self.init(id: id, content: content, priority: priority ?? 0, pushTypeBytes: pushType ?? [])
  }

  func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.writeKey(.id)
    writer.writeUInt64(id)
    writer.writeKey(.content)
    content.write(to: &writer)
    if priority != 0 {
      writer.writeKey(.priority)
      writer.writeUInt64(priority)
    }
    if !pushTypeBytes.isEmpty {
      writer.writeKey(.pushType)
      writer.writeString(pushTypeBytes)
    }
    writer.closeMap(map)
  }
}
