public import DHTModel
import MessagePack

extension Value.Content {
  /// Reads what stands under `dat`: the plaintext of an encrypted value has this form. Bytes after it are ignored.
  public init(unpacking bytes: RawSpan) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    do throws(MessagePackError) { self = try Value.Content(reading: &reader) } catch { throw .malformed(error) }
  }

  /// The content as it stands under `dat`, which is also what is encrypted. (wire.md §5.3)
  public func packed() -> [UInt8] {
    MessagePackWriter.bytes(reserving: packedByteCount) { write(to: &$0) }
  }

  /// Count of the bytes of `packed()`, without packing.
  public var packedByteCount: Int {
    switch self {
    case .plain(let body): return 1 + 5 + 1 + body.packedByteCount
    case .signed(let body, let signature):
      let recipient = signature.recipient == nil ? 0 : 3 + MessagePackSize.binary(InfoHash.byteCount)
      return 1 + 5 + 1 + body.packedByteCount + 4 + MessagePackSize.uint64(UInt64(signature.sequence))
        + 6 + MessagePackSize.binary(signature.owner.count) + recipient
        + 4 + MessagePackSize.binary(signature.signature.count)
    case .encrypted(let cypher): return MessagePackSize.binary(cypher.count)
    }
  }
}

extension Value.Content {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    guard try reader.peekKind() != .binary else {
      let cypher = reader.copy(try reader.readBinary())
      // Peers keep an empty cypher as a plain value of type 0 without data. (§5.1)
      self = cypher.isEmpty ? .plain(Value.Body(data: [])) : .encrypted(cypher)
      return
    }
    let start = reader.offset
    var body: PackedBody?
    var signature: Int?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .body where body == nil: body = try PackedBody(reading: &reader)
      case .signature where signature == nil:
        signature = reader.offset
        try reader.skip()
      default: try reader.skip()
      }
    }
    guard let body else { throw .unexpectedType(offset: start) }
    guard let owner = body.owner else {
      self = .plain(body.body)
      return
    }
    // Only with an owner do these count, and then the first two must be there.
    guard let signature, let sequence = body.sequence, !owner.isEmpty, owner.count <= WireLimits.ownerBytes else {
      throw .unexpectedType(offset: start)
    }
    var ahead = reader.bookmark(at: sequence)
    let number = try ahead.readInteger(UInt16.self)
    ahead = reader.bookmark(at: signature)
    let signatureBytes = try ahead.readBlob()
    // An owner whose signature is empty would be stored and shown unverified. (crypto.md §4.3)
    guard !signatureBytes.isEmpty else { throw .unexpectedType(offset: start) }
    var recipient: InfoHash?
    if let place = body.recipient {
      ahead = reader.bookmark(at: place)
      recipient = try ahead.readHash()
    }
    self = .signed(
      body.body, Value.Signature(owner: owner, sequence: number, recipient: recipient, signature: signatureBytes))
  }

  func write(to writer: inout MessagePackWriter) {
    if case .encrypted(let cypher) = self { return writer.writeBinary(cypher) }
    let map = writer.openMap()
    writer.writeKey(.body)
    writeBody(to: &writer)
    if case .signed(_, let signature) = self {
      writer.writeKey(.signature)
      writer.writeBinary(signature.signature)
    }
    writer.closeMap(map)
  }

  /// Writes what a signature covers; nothing for an encrypted value.
  func writeBody(to writer: inout MessagePackWriter) {
    switch self {
    case .plain(let body):
      let map = writer.openMap()
      body.writePairs(to: &writer)
      writer.closeMap(map)
    case .signed(let body, let signature):
      let map = writer.openMap()
      writer.writeKey(.sequence)
      writer.writeUInt64(UInt64(signature.sequence))
      writer.writeKey(.owner)
      writer.writeBinary(signature.owner)
      if let recipient = signature.recipient {
        writer.writeKey(.recipient)
        writer.writeHash(recipient)
      }
      body.writePairs(to: &writer)
      writer.closeMap(map)
    case .encrypted: break
    }
  }
}

extension Value.Body {
  // Without the header of the map.
  fileprivate var packedByteCount: Int {
    5 + MessagePackSize.uint64(UInt64(type)) + 5 + MessagePackSize.binary(data.count)
      + (userTypeBytes.isEmpty ? 0 : 6 + MessagePackSize.string(userTypeBytes.count))
  }

  fileprivate func writePairs(to writer: inout MessagePackWriter) {
    writer.writeKey(.type)
    writer.writeUInt64(UInt64(type))
    writer.writeKey(.data)
    writer.writeBinary(data)
    if !userTypeBytes.isEmpty {
      writer.writeKey(.userType)
      writer.writeString(userTypeBytes)
    }
  }
}

/// A body while it is read: what only counts with an owner is kept as a place to come back to.
private struct PackedBody {
  var body: Value.Body
  var owner: [UInt8]?
  var sequence: Int?
  var recipient: Int?

  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    var type: UInt16?
    var data: [UInt8]?
    var userType: [UInt8]?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .type where type == nil: type = try reader.readInteger(UInt16.self)
      case .data where data == nil: data = try reader.readBlob()
      case .userType where userType == nil: userType = reader.copy(try reader.readStringOrBinary())
      case .owner where owner == nil: owner = try reader.readBlob()
      case .sequence where sequence == nil:
        sequence = reader.offset
        try reader.skip()
      case .recipient where recipient == nil:
        recipient = reader.offset
        try reader.skip()
      default: try reader.skip()
      }
    }
    guard let type, let data else { throw .unexpectedType(offset: start) }
    body = Value.Body(type: type, data: data, userTypeBytes: userType ?? [])
  }
}
