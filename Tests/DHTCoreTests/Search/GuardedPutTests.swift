import DHTModel
import DHTWire
import Testing

@testable import DHTCore

@Suite struct GuardedPutTests {
  private let key = CoreFixture.id(0x80, 0)
  private let friends = (1...3).map { CoreFixture.contact(0x80, $0) }
  private let signed = Value(
    id: 9, content: .signed(Value.Body(data: [1]), Value.Signature(owner: [1], sequence: 0, signature: [1])))

  private func put(_ value: Value, holders: [Int]) -> (receipt: PutReceipt?, puts: [Int]) {
    var pair = Correspondent()
    for friend in friends { pair.befriend(friend) }
    for holder in holders { pair.held[friends[holder].id] = [signed] }
    let put = pair.perform { node, now in node.put(value, at: key, now: now) }
    for _ in 0..<8 {
      for friend in friends { pair.serve(friend) }
      pair.run(for: .milliseconds(300))
    }
    let puts = friends.indices.filter { number in
      pair.held[friends[number].id]?.contains { $0.hasSameContent(as: value) } ?? false
    }
    if case .put(let receipt)? = pair.outcome(put) { return (receipt, puts) }
    return (nil, puts)
  }

  @Test(
    "C-9.4: a value without owner under a chosen id is not sent to nodes that hold a signed one there",
    arguments: [
      Value([7], id: 9), Value(id: 9, content: .encrypted([7])),
    ])
  func keepsAway(value: Value) {
    let (receipt, puts) = put(value, holders: [1])
    #expect(puts == [0, 2])
    #expect(receipt?.failed == [PutFailure(node: friends[1], reason: .holdsSignedValue)])
    #expect(Set(receipt?.stored ?? []) == [friends[0], friends[2]])
  }

  @Test("C-9.4: when the nearest eight hold a signed value, those farther away do not get ours instead")
  func noSpill() {
    var pair = Correspondent.among(12)
    let crowd = (1...12).map { CoreFixture.contact(0x80, $0) }.sorted { $0.id.isCloser(to: key, than: $1.id) }
    for holder in crowd.prefix(8) { pair.held[holder.id] = [signed] }
    let value = Value([7], id: 9)
    let put = pair.perform { node, now in node.put(value, at: key, now: now) }
    for _ in 0..<8 {
      for contact in crowd { pair.serve(contact) }
      pair.run(for: .milliseconds(300))
    }
    guard case .put(let receipt)? = pair.outcome(put) else {
      Issue.record("the put never ended")
      return
    }
    #expect(receipt.stored.isEmpty && receipt.failed.count == 8)
    #expect(!crowd.contains { pair.held[$0.id]?.contains(value) ?? false })
  }

  @Test("A put under a random id asks nobody first")
  func randomID() {
    let (receipt, puts) = put(Value([7]), holders: [0, 1, 2])
    #expect(puts == [0, 1, 2])
    #expect(receipt?.stored.count == 3)
  }

  @Test("A put is over when every node holds a signed value under its id")
  func everywhere() {
    let (receipt, puts) = put(Value([7], id: 9), holders: [0, 1, 2])
    #expect(puts.isEmpty)
    #expect(receipt?.failed.map(\.reason) == [.holdsSignedValue, .holdsSignedValue, .holdsSignedValue])
  }
}
