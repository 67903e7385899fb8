import DHTCollections
import DHTModel
import Testing

@testable import DHTCore

@Suite struct DeadlineQueueTests {
  func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  @Test func givesNothingBeforeItsTime() {
    var queue = DeadlineQueue<String>()
    #expect(queue.nextDeadline == nil && queue.popDue(.distantFuture) == nil && queue.popFirst() == nil)
    queue.push("later", at: at(5))
    queue.push("sooner", at: at(3))
    #expect(queue.nextDeadline == at(3))
    #expect(queue.popDue(at(2)) == nil)
    #expect(queue.popDue(at(3)) == "sooner")
    #expect(queue.popDue(at(4)) == nil)
    #expect(queue.popDue(at(9)) == "later")
    #expect(queue.isEmpty && queue.nextDeadline == nil)
  }

  @Test func equalMomentsKeepTheirOrder() {
    var queue = DeadlineQueue<Int>()
    for number in 0..<100 { queue.push(number, at: at(number % 2 == 0 ? 1 : 2)) }
    var popped: [Int] = []
    while let number = queue.popDue(at(2)) { popped.append(number) }
    #expect(popped == Array(stride(from: 0, to: 100, by: 2)) + Array(stride(from: 1, to: 100, by: 2)))
  }

  @Test(arguments: UInt64(1)...20)
  func agreesWithASortedList(seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var queue = DeadlineQueue<Int>()
    var model: [(deadline: Int64, number: Int)] = []
    for number in 0..<600 {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6:
        let deadline = Int64.random(in: 0..<50, using: &random)
        queue.push(number, at: at(deadline))
        // Stable: behind those of the same moment.
        model.insert((deadline, number), at: model.firstIndex { $0.deadline > deadline } ?? model.count)
      case 6..<9:
        let now = Int64.random(in: 0..<60, using: &random)
        let expected = model.first.flatMap { $0.deadline <= now ? $0.number : nil }
        if expected != nil { model.removeFirst() }
        #expect(queue.popDue(at(now)) == expected, "seed \(seed)")
      default:
        let residue = number % 5
        queue.removeAll { $0 % 5 == residue }
        model.removeAll { $0.number % 5 == residue }
      }
      #expect(queue.count == model.count && queue.nextDeadline == model.first.map { at($0.deadline) }, "seed \(seed)")
    }
    while let (deadline, number) = queue.popFirst() {
      let expected = model.removeFirst()
      #expect(number == expected.number && deadline == at(expected.deadline), "seed \(seed)")
    }
    #expect(model.isEmpty)
  }
}
