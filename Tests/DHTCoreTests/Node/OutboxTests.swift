import DHTModel
import DHTWire
import Testing

@testable import DHTCore

@Suite struct OutboxTests {
  typealias F = CoreFixture

  private func ping(_ transaction: TransactionID) -> Message {
    Message(transaction: transaction, body: .request(sender: F.id(1), .ping))
  }
  private func taken(_ outbox: inout Outbox) -> [(TransactionID, SocketAddress)] {
    var result: [(TransactionID, SocketAddress)] = []
    outbox.takeDatagrams { bytes, destination in
      if let message = try? Message(decoding: bytes) { result.append((message.transaction, destination)) }
    }
    return result
  }

  @Test("Datagrams leave in order, each to its address, once")
  func datagrams() {
    var outbox = Outbox(limits: Limits())
    outbox.send(ping(1), to: F.address(1), now: F.start)
    var packets = PacketArena()
    ping(2).encode(into: &packets)
    ping(3).encode(into: &packets)
    outbox.send(packets, to: F.address(2), now: F.start)
    outbox.send(ping(4), to: F.address(3), now: F.start)
    let first = taken(&outbox)
    #expect(first.map(\.0) == [1, 2, 3, 4])
    #expect(first.map(\.1) == [1, 2, 2, 3].map { F.address($0) })
    #expect(taken(&outbox).isEmpty)
    outbox.send(ping(5), to: F.address(1), now: F.start)
    #expect(taken(&outbox).map(\.0) == [5])
  }

  @Test("W-14.5: a large value leaves as its head and then its parts in order, all to one address")
  func parts() {
    var outbox = Outbox(limits: Limits())
    let value = Value([UInt8](repeating: 1, count: 5000), id: 1)
    let put = Request.put(Request.Put(key: F.id(2), values: ValueList([value]), token: Token(words: 1, 2, 3, 4)))
    outbox.send(Message(transaction: 9, body: .request(sender: F.id(1), put)), to: F.address(7), now: F.start)
    outbox.send(ping(10), to: F.address(8), now: F.start)
    var offsets: [Int] = []
    var destinations: [SocketAddress] = []
    outbox.takeDatagrams { bytes, destination in
      destinations.append(destination)
      if let message = try? Message(decoding: bytes), case .part(let part) = message.body {
        offsets += part.pieces.map(\.offset)
      }
    }
    #expect(offsets == [0, 1280, 2560, 3840])
    #expect(destinations == [SocketAddress](repeating: F.address(7), count: 5) + [F.address(8)])
  }

  @Test("Events come in order, also those told while others are taken")
  func events() {
    var outbox = Outbox(limits: Limits())
    outbox.tell(.resolve(Host(name: "a")))
    outbox.tell(.resolve(Host(name: "b")))
    var names: [String] = []
    while let event = outbox.nextEvent() {
      guard case .resolve(let host) = event else { continue }
      names.append(host.name)
      if host.name == "a" { outbox.tell(.resolve(Host(name: "c"))) }
    }
    #expect(names == ["a", "b", "c"])
    #expect(outbox.nextEvent() == nil)
  }
}
