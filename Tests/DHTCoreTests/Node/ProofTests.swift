import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// What an address gets before it has proved that it is where it says.
@Suite struct ProofTests {
  typealias F = CoreFixture
  private let key = F.id(0x77)
  private let asker = F.contact(0x60)

  private func holder(_ count: UInt64, of bytes: Int) -> Correspondent {
    var pair = Correspondent()
    for id in 1...count {
      _ = pair.node.store.put(
        Value([UInt8](repeating: 7, count: bytes), id: id), at: key, created: pair.now,
        origin: .local(isPermanent: true), now: pair.now)
    }
    return pair
  }
  private func get(_ select: [Query.Field] = []) -> Request {
    .get(Request.Get(key: key, query: select.isEmpty ? nil : Query(select: select)))
  }
  private func pings(_ pair: borrowing Correspondent) -> [TransactionID] {
    pair.requests(to: asker.address).compactMap { if case .ping = $0.request { $0.transaction } else { nil } }
  }
  private func replies(_ pair: borrowing Correspondent, to transaction: TransactionID) -> [Reply] {
    pair.sent.filter { $0.message.transaction == transaction }.compactMap(\.reply)
  }

  @Test("N-141, W-21: an address that proved nothing gets at most 1400 bytes of values until it answered our ping")
  func withheld() throws {
    var pair = holder(3, of: 1000)
    #expect(pair.ask(get(), by: asker).isEmpty)
    #expect(pair.ask(get(), by: asker).isEmpty, "sent again")
    #expect(pair.ask(get(), by: asker, transaction: 78).isEmpty)
    let ping = try #require(pings(pair).first)
    #expect(pings(pair).count == 1, "one ping is enough")
    pair.answer(ping, Reply(), by: asker)
    #expect(replies(pair, to: 77).map(\.values.announced.count) == [3])
    #expect(replies(pair, to: 78).map(\.values.announced.count) == [3])
    #expect(!pair.ask(get(), by: asker, transaction: 79).isEmpty, "from now on at once")
    pair.skip(.seconds(601))
    #expect(pair.ask(get(), by: asker, transaction: 80).isEmpty, "a proof counts for ten minutes")
  }

  @Test("N-141: little is given at once, to whomever")
  func little() {
    var pair = holder(2, of: 700)
    #expect(pair.ask(get(), by: asker).contains { $0.reply?.token != nil })
    #expect(pings(pair).isEmpty)
  }

  @Test("W-21: long lists of fields wait for a proof, too")
  func fields() throws {
    var pair = holder(100, of: 1)
    #expect(pair.ask(get([.id]), by: asker).isEmpty)
    pair.answer(try #require(pings(pair).first), Reply(), by: asker)
    #expect(replies(pair, to: 77).first?.fields?.rows.count == 100)
  }

  @Test("W-21: a token that was used is a proof; that of another port is not")
  func tokens() throws {
    var pair = holder(3, of: 1000)
    let token = try #require(pair.ask(.find(Request.Find(target: key)), by: asker).first?.reply?.token)
    _ = pair.ask(.refresh(Request.Refresh(key: key, valueID: 1, token: token)), by: asker, transaction: 78)
    #expect(!pair.ask(get(), by: asker, transaction: 79).isEmpty && pings(pair).isEmpty)
    let other = NodeContact(id: asker.id, address: SocketAddress(ip: asker.address.ip, port: 9))
    #expect(pair.ask(get(), by: other, transaction: 80).isEmpty)
  }

  @Test("W-21: an answer that comes after 3 s opens nothing")
  func late() throws {
    var pair = holder(3, of: 1000)
    _ = pair.ask(get(), by: asker)
    pair.run(for: .seconds(4))
    pair.answer(try #require(pings(pair).first), Reply(), by: asker)
    #expect(replies(pair, to: 77).isEmpty)
  }

  @Test("W-21: gets that wait, and addresses that proved themselves, are bounded")
  func bounds() {
    var limits = Limits()
    limits.withheldAnswers = 130
    limits.provenAddresses = 10
    var withheld = WithheldAnswers(limits: limits)
    var proven = ProvenAddresses(limits: limits)
    let pending = { WithheldAnswers.Pending(get: Request.Get(key: F.id(1)), transaction: $0) }
    for number in 1...70 as ClosedRange<UInt32> {
      let expected: WithheldAnswers.Held = number == 1 ? .first : number <= 64 ? .another : .refused
      #expect(withheld.hold(pending(number), from: F.address(1), now: F.start) == expected)
      _ = withheld.hold(pending(number), from: F.address(1000 + number), now: F.start)
      proven.insert(F.address(number), now: F.start)
    }
    #expect(withheld.count == 130 && proven.count == 10)
    #expect(!proven.contains(F.address(60), now: F.start) && proven.contains(F.address(61), now: F.start))
    #expect(withheld.take(F.address(1), now: F.at(3)).isEmpty == true)
  }
}
