import DHTModel
import DHTWire

/// Messages as a node among others gets them all day.
enum Datagrams {
  /// It asks, or answers.
  static let sender = contacts[0].id
  static let key = id(2)
  /// Nearer to the key than any other node, which is why it stores what is put there.
  static let nearKey = InfoHash(0x0202_0202, 0x0202_0202, 0x0202_0202, 0x0202_0202, 0)

  static let ping = request(.ping)
  static let find = request(.find(.init(target: key, want: .families(ipv4: true, ipv6: true))))
  static let get = request(.get(.init(key: key, want: .families(ipv4: true, ipv6: false))))
  static let findReply = Message(
    transaction: 7,
    body: .reply(
      sender: sender, Reply(observed: IPAddress(ipv4: 0x0a00_0001), nodes4: contacts, token: token)))

  /// A put of one plain value of 100 bytes, with a token that a node gave.
  static func put(_ valueID: Value.ID, token: Token = token) -> Message {
    let value = Value(Array(repeating: 7, count: 100), id: valueID)
    return request(.put(.init(key: key, values: ValueList([value]), token: token)))
  }

  static func bytes(_ message: Message) -> [UInt8] {
    var arena = PacketArena()
    message.encode(into: &arena)
    if arena.count != 1 { fail("\(arena.count) packets where one was meant") }
    return arena.bytes
  }

  /// Eight nodes, as many as a reply holds of a family.
  static let contacts = (0..<8).map { number in
    NodeContact(
      id: id(UInt8(10 + number)), address: SocketAddress(ip: IPAddress(ipv4: 0x0a00_0002 + UInt32(number)), port: 4222))
  }

  static let token = Token(words: 1, 2, 3, 4)

  private static func request(_ request: Request) -> Message {
    Message(transaction: 7, body: .request(sender: sender, request))
  }

  private static func id(_ byte: UInt8) -> InfoHash {
    let word = 0x0101_0101 * UInt32(byte)
    return InfoHash(word, word, word, word, word)
  }
}
