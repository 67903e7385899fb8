import DHTModel
import Testing

@testable import DHTCore

@Suite struct BuiltInTypesTests {
  typealias F = StorageFixture
  var store = F.store(types: ValueType.builtIn)

  mutating func put(_ hex: String, type: UInt16, id: Value.ID = 7, userType: String = "") -> ValueStore.Put {
    let value = Value(hexBytes(hex) ?? [], userType: userType, type: type, id: id)
    return store.put(value, at: F.key, created: F.at(0), origin: .remote(F.peer(1)), now: F.at(0))
  }

  // Payloads that 2.4.12 and 4.4.2 wrote.
  static let message = "92a3737663c403010203"
  static let announcement4 = "c410020010e1c00002070000000000000000"
  static let announcement6 = "c41c0a0010e10000000020010db800000000000000000000000700000000"
  static let announcementOfAPort = "c410020010e1000000000000000000000000"

  @Test("N-129: type 1 with an empty service is not stored; what is no message is")
  mutating func messages() {
    #expect(put(Self.message, type: 1, id: 1) == .stored)
    #expect(put("92a0c403010203", type: 1, id: 2) == .refused(.policy))
    #expect(put("93a0c40101c0", type: 1, id: 3) == .refused(.policy))
    for (index, junk) in ["", "00", "92a0", "91a0", "92a003", "a0", "920102", "dfffffffff", "92d9ff"].enumerated() {
      #expect(put(junk, type: 1, id: UInt64(10 + index)) == .stored, "\(junk)")
    }
    #expect(put(String(repeating: "00", count: 65537), type: 1, id: 4) == .refused(.policy))
  }

  @Test(
    "N-130: type 2 is stored with the sender's address and the announced port, plain, without user type",
    arguments: [announcement4, announcement6, announcementOfAPort])
  mutating func announcements(hex: String) {
    #expect(put(hex, type: 2, userType: "text/plain") == .stored)
    // 10.0.0.1, port 4321
    #expect(store.value(7, at: F.key) == Value(hexBytes("c410020010e10a0000010000000000000000") ?? [], type: 2, id: 7))

    let body = Value.Body(type: 2, data: hexBytes(hex) ?? [])
    let signed = Value(id: 8, content: .signed(body, Value.Signature(owner: [1], sequence: 3, signature: [2])))
    let six = SocketAddress(ip: IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 9), port: 1, scope: 5)
    let sender = NodeContact(id: F.hash(50), address: six)
    let result = store.put(signed, at: F.key, created: F.at(0), origin: .remote(sender), now: F.at(0))
    #expect(result == .stored)
    let expected = "c41c0a0010e10000000020010db800000000000000000000000900000000"
    #expect(store.value(8, at: F.key) == Value(hexBytes(expected) ?? [], type: 2, id: 8))
  }

  @Test("N-130: type 2 with port 0, or that is no address, is not stored")
  mutating func badAnnouncements() {
    let bad = [
      "c41002000000c00002070000000000000000", "c41c0a0000000000000020010db800000000000000000000000700000000", "", "c4",
      "c400", "c410", "c40f020010e1c000020700000000000000", "c410030010e1c00002070000000000000000",
      "020010e1c00002070000000000000000", "b0020010e1c00002070000000000000000", "c6ffffffff020010e1c0000207",
    ]
    for hex in bad { #expect(put(hex, type: 2) == .refused(.policy), "\(hex)") }
    #expect(store.statistics.values == 0)
  }

  @Test("N-130: our own announcement stays as it is")
  mutating func ownAnnouncement() {
    let value = Value(hexBytes(Self.announcementOfAPort) ?? [], type: 2, id: 7)
    _ = store.put(value, at: F.key, created: F.at(0), origin: .local(isPermanent: false), now: F.at(0))
    #expect(store.value(7, at: F.key) == value)
  }

  @Test("W§11.2: names and numbers of the built-in types")
  func numbers() { #expect(ValueType.builtIn.map(\.id) == [0, 1, 2, 3, 4, 5, 8]) }
}
