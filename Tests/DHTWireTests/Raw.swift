import DHTModel
import DHTWire
import MessagePack

/// MessagePack of any shape, for packets that no encoder of ours would make.
indirect enum Raw: Sendable {
  case null, bool(Bool), int(Int64), uint(UInt64), double(Double), str([UInt8]), bin([UInt8]), array([Raw])
  case map([(Raw, Raw)])
  /// Bytes as they are.
  case bytes([UInt8])

  static func bin(_ hash: InfoHash) -> Raw { .bin(hash.bytes) }

  var packed: [UInt8] { MessagePackWriter.bytes { write(to: &$0) } }

  private func write(to writer: inout MessagePackWriter) {
    switch self {
    case .null: writer.writeNil()
    case .bool(let value): writer.writeBool(value)
    case .int(let value): writer.writeInt64(value)
    case .uint(let value): writer.writeUInt64(value)
    case .double(let value): writer.writeDouble(value)
    case .str(let bytes): writer.writeString(bytes)
    case .bin(let bytes): writer.writeBinary(bytes)
    case .array(let items):
      writer.writeArrayHeader(items.count)
      for item in items { item.write(to: &writer) }
    case .map(let pairs):
      writer.writeMapHeader(pairs.count)
      for (key, value) in pairs {
        key.write(to: &writer)
        value.write(to: &writer)
      }
    case .bytes(let bytes): writer.append(bytes)
    }
  }
}

extension Raw: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  init(integerLiteral value: Int64) { self = .int(value) }
  init(stringLiteral value: String) { self = .str(Array(value.utf8)) }
  init(arrayLiteral elements: Raw...) { self = .array(elements) }
  init(dictionaryLiteral elements: (Raw, Raw)...) { self = .map(elements) }
}

/// Names that the tests use.
enum Known {
  static let sender = InfoHash(1, 2, 3, 4, 5)
  static let key = InfoHash(6, 7, 8, 9, 10)
  static let token = Token(words: 1, 2, 3, 4)
  static let peer = SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 4222)
}

func decode(_ raw: Raw) throws(WireError) -> Message { try decode(raw.packed) }
func decode(_ bytes: [UInt8]) throws(WireError) -> Message { try Message(decoding: bytes.span.bytes) }

extension Message {
  /// The packets of a message, parts included.
  var packets: [[UInt8]] {
    var arena = PacketArena()
    encode(into: &arena)
    return (0..<arena.count).map { Array(arena.bytes[arena.range(of: $0)]) }
  }

  var request: Request? { if case .request(_, let request) = body { request } else { nil } }
  var reply: Reply? { if case .reply(_, let reply) = body { reply } else { nil } }
  var failure: Failure? { if case .failure(_, let failure) = body { failure } else { nil } }
  var part: Part? { if case .part(let part) = body { part } else { nil } }
  var put: Request.Put? { if case .put(let put) = request { put } else { nil } }
  var get: Request.Get? { if case .get(let get) = request { get } else { nil } }
  var update: Request.Update? { if case .update(let update) = request { update } else { nil } }
}
