import DHTModel
import DHTWire
import Testing

@testable import DHTCore

@Suite struct PacingTests {
  typealias F = CoreFixture

  private func reply(_ count: UInt64, of bytes: Int, transaction: TransactionID = 9) -> Message {
    let values = (1...count).map { Value([UInt8](repeating: 1, count: bytes), id: $0) }
    return Message(transaction: transaction, body: .reply(sender: F.id(1), Reply(values: ValueList(values))))
  }
  /// Bytes to each address.
  private func take(_ outbox: inout Outbox) -> [SocketAddress: Int] {
    var bytes: [SocketAddress: Int] = [:]
    outbox.takeDatagrams { bytes[$1, default: 0] += $0.byteCount }
    return bytes
  }

  @Test("W-22: a large answer leaves in portions, 10 ms apart, and holds up nobody else")
  func portions() {
    let portion = Limits().portionBytes
    var outbox = Outbox(limits: Limits())
    var whole = PacketArena()
    reply(20, of: 50_000).encode(into: &whole)
    outbox.send(reply(20, of: 50_000), to: F.address(1), now: F.start)
    outbox.send(reply(1, of: 50_000), to: F.address(2), now: F.start)
    var now = F.start
    let first = take(&outbox)
    #expect(first[F.address(1)] ?? 0 > portion / 2 && first[F.address(1)] ?? 0 <= portion)
    #expect(first[F.address(2)] ?? 0 > 50_000)
    var sum = first[F.address(1)] ?? 0
    while let next = outbox.nextDeadline {
      #expect(next == now + Outbox.portionPause)
      now = next
      outbox.release(now: now)
      let portionSent = take(&outbox)[F.address(1)] ?? 0
      #expect(portionSent <= portion)
      sum += portionSent
    }
    #expect(sum == whole.bytes.count && outbox.flows.isEmpty && outbox.waitingBytes == 0)
    #expect(now >= F.start + .milliseconds(100))
  }

  @Test("W-22: the largest value goes at once; what is put together at the far side is the same")
  func order() throws {
    var outbox = Outbox(limits: Limits())
    outbox.send(reply(1, of: 65_000), to: F.address(1), now: F.start)
    _ = take(&outbox)
    outbox.release(now: F.at(1))
    #expect(take(&outbox).isEmpty && outbox.nextDeadline == nil)
    outbox.send(reply(9, of: 40_000), to: F.address(1), now: F.start)
    var reassembler = Reassembler(bytes: 1 << 22, perAddress: 8)
    var whole: Message?
    for step in 0..<20 {
      outbox.release(now: F.at(Double(step)))
      outbox.takeDatagrams { bytes, source in
        guard let message = try? Message(decoding: bytes) else { return }
        if case .part(let part) = message.body {
          let added = reassembler.add(part, transaction: 9, from: source, now: F.start, allowsEarly: true)
          if case .complete(let message) = added { whole = message }
        } else {
          _ = reassembler.open(message, from: source, now: F.start, isAwaited: true)
        }
      }
    }
    guard case .reply(_, let reply)? = whole?.body else {
      Issue.record("the answer did not come")
      return
    }
    #expect(reply.values.values.count == 9)
  }

  @Test("W-22: what waits is bounded, for one address and for all, and what finds no room is counted")
  func bounds() {
    var limits = Limits()
    limits.waitingPartBytesPerAddress = 1 << 20
    limits.waitingPartBytes = 3 << 20
    var outbox = Outbox(limits: limits)
    for round in 0..<10 as Range<UInt32> {
      for number in 1...8 as ClosedRange<UInt32> {
        outbox.send(reply(10, of: 50_000, transaction: round), to: F.address(number), now: F.start)
        #expect(outbox.flows[F.address(number)]?.waitingBytes ?? 0 <= 1 << 20)
      }
    }
    #expect(outbox.waitingBytes <= 3 << 20 && outbox.waitingBytes > 1 << 20)
    #expect(outbox.droppedParts > 100)
  }
}
