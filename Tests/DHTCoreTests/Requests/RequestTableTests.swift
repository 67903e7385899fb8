import DHTModel
import DHTWire
import Testing

@testable import DHTCore

@Suite struct RequestTableTests {
  typealias F = CoreFixture

  private func name(_ timeout: RequestTable.Timeout?) -> String {
    switch timeout {
    case nil: "nothing"
    case .late(let request): "late \(request.transaction)"
    case .retransmit(let request, let late): "retransmit \(request.transaction)\(late ? ", late" : "")"
    case .expired(let request): "expired \(request.transaction)"
    }
  }

  @Test("N-31, W-43: transaction ids are random, never zero, never used twice at once")
  func transactions() {
    var random = RandomSource(Seed(3, 4))
    var table = RequestTable()
    var last: TransactionID = 0
    var near = 0
    for _ in 0..<2000 {
      let transaction = table.freshTransaction(using: &random)
      #expect(transaction != 0 && table[transaction] == nil)
      if transaction &- last < 1 << 16 || last &- transaction < 1 << 16 { near += 1 }
      last = transaction
      table.insert(PendingRequestTests.request(transaction, random: &random))
    }
    // Of random numbers one in 32768 lies so near to the one before.
    #expect(near <= 2)
    #expect(table.count == 2000)
  }

  @Test("N-20: each request goes its way: late, sent twice more, given up")
  func timeouts() {
    var random = RandomSource(Seed(1, 1))
    var table = RequestTable()
    table.insert(PendingRequestTests.request(7, random: &random))
    #expect(name(table.nextTimeout(now: F.at(0.3), random: &random)) == "nothing")
    var seen: [String] = []
    var now = F.start
    while let next = table.nextDeadline {
      #expect(next > now || seen.isEmpty)
      now = next
      while let timeout = table.nextTimeout(now: now, random: &random) { seen.append(name(timeout)) }
    }
    #expect(seen == ["late 7", "retransmit 7", "retransmit 7", "expired 7"])
    #expect(table.count == 0 && table.nextDeadline == nil)
  }

  @Test("What was answered times out no more; what is removed twice is gone")
  func removal() {
    var random = RandomSource(Seed(1, 1))
    var table = RequestTable()
    for transaction in TransactionID(1)...3 { table.insert(PendingRequestTests.request(transaction, random: &random)) }
    #expect(table.remove(2)?.transaction == 2)
    #expect(table.remove(2) == nil)
    var seen: [String] = []
    while let timeout = table.nextTimeout(now: F.at(0.5), random: &random) { seen.append(name(timeout)) }
    #expect(seen == ["late 1", "late 3"])
    #expect(table.transactions { $0.destination == F.address(1) } == [1, 3])
  }

  @Test("W§7.2: the head of an answer gives its parts time, once: more heads give no more")
  func head() {
    var random = RandomSource(Seed(1, 1))
    var table = RequestTable()
    table.insert(PendingRequestTests.request(7, random: &random))
    table.receiveHead(7, until: F.at(11))
    for second in 1...10 {
      table.receiveHead(7, until: F.at(Double(second) + 11))
      #expect(table.nextTimeout(now: F.at(Double(second)), random: &random) == nil)
    }
    #expect(name(table.nextTimeout(now: F.at(11), random: &random)) == "expired 7")
    table.receiveHead(7, until: F.at(30))
    #expect(table.nextDeadline == nil)
  }
}
