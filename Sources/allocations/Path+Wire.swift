import DHTModel
import DHTWire

/// Decoding and encoding.
extension Path {
  static var wire: [Path] {
    [
      decoding("decode a ping", Datagrams.ping),
      decoding("decode a find", Datagrams.find),
      decoding("decode a reply to a find", Datagrams.findReply),
      decoding("decode a get", Datagrams.get),
      decoding("decode a put", Datagrams.put(1)),
      encoding("encode a find", Datagrams.find),
      encoding("encode a reply to a find", Datagrams.findReply),
      encoding("encode a put", Datagrams.put(1)),
    ]
  }

  private static func decoding(_ name: String, _ message: Message) -> Path {
    let bytes = Datagrams.bytes(message)
    if (try? Message(decoding: bytes.span.bytes)) != message { fail("\(name): another message came out") }
    return Path(name: name) { _ in consume(try? Message(decoding: bytes.span.bytes)) }
  }

  private static func encoding(_ name: String, _ message: Message) -> Path {
    var arena = PacketArena()
    return Path(name: name) { _ in
      arena.removeAll()
      message.encode(into: &arena)
    }
  }

  /// Keeps the optimiser from leaving out what made the message.
  @inline(never) private static func consume(_ message: consuming Message?) {}
}
