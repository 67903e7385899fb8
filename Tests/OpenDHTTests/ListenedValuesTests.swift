import DHTCore
import DHTModel
import OpenDHT
import Testing

@Suite("What a listen knows while it begins again")
struct ListenedValuesTests {
  private func text(_ id: Value.ID, _ text: String) -> Value { Value(text, id: id) }
  private func change(_ transition: ListenedValues.Transition?) -> ListenChange? {
    transition?.change { _ in true }
  }

  @Test("X-81: a value that is told again after a new beginning is no news")
  func toldAgain() {
    var known = ListenedValues()
    #expect(change(known.take(text(1, "a"))) == .added(text(1, "a")))
    #expect(change(known.take(text(1, "a"))) == nil)
    known.beginAgain()
    #expect(known.doubtfulCount == 1)
    #expect(change(known.take(text(1, "a"))) == nil)
    #expect(known.doubtfulCount == 0)
    #expect(change(known.expire(1)) == .expired(text(1, "a")))
    #expect(change(known.expire(1)) == nil)
  }

  @Test("X-81: what is gone after a new beginning expires once, and not before two gets in a row said so")
  func goneMeanwhile() {
    var known = ListenedValues(doubtful: [text(1, "a"), text(2, "b"), text(3, "c")])
    #expect(known.doubtfulCount == 3)
    #expect(change(known.take(text(1, "a"))) == nil)
    #expect(change(known.take(text(2, "new"))) == .updated(text(2, "new")))
    #expect(known.reconcile(found: [1]).isEmpty)
    #expect(known.reconcile(found: [1, 3]).isEmpty)
    #expect(known.reconcile(found: [1]).isEmpty)
    #expect(known.reconcile(found: [1]).compactMap { change($0) } == [.expired(text(3, "c"))])
    #expect(known.reconcile(found: []).isEmpty)
    #expect(known.doubtfulCount == 0)
    #expect(change(known.expire(3)) == nil)
  }

  @Test("X-81: an expiry that comes by the listen before the get leaves nothing to expire")
  func expiredFirst() {
    var known = ListenedValues(doubtful: [text(1, "a")])
    #expect(change(known.expire(1)) == .expired(text(1, "a")))
    #expect(known.reconcile(found: []).isEmpty)
    #expect(known.values.isEmpty)
  }

  @Test("An older edition changes nothing, a newer one does")
  func editions() {
    func signed(_ sequence: UInt16, _ data: UInt8) -> Value {
      let signature = Value.Signature(owner: [1], sequence: sequence, signature: [data])
      return Value(id: 1, content: .signed(Value.Body(data: [data]), signature))
    }
    var known = ListenedValues()
    _ = known.take(signed(5, 5))
    #expect(change(known.take(signed(4, 4))) == nil)
    #expect(change(known.take(signed(6, 6))) == .updated(signed(6, 6)))
    #expect(known.values == [signed(6, 6)])
  }

  @Test("X-78: who sees only some values is told of those that come into sight and leave it")
  func filtered() {
    var known = ListenedValues()
    let isShort = { (value: Value) in value.data.count < 3 }
    #expect(known.take(text(1, "long"))?.change(ifSeen: isShort) == nil)
    #expect(known.take(text(1, "s"))?.change(ifSeen: isShort) == .added(text(1, "s")))
    #expect(known.take(text(1, "t"))?.change(ifSeen: isShort) == .updated(text(1, "t")))
    #expect(known.take(text(1, "long"))?.change(ifSeen: isShort) == .expired(text(1, "t")))
    #expect(known.expire(1)?.change(ifSeen: isShort) == nil)
  }

  @Test("No more values are kept than a node keeps under a key")
  func bounded() {
    var known = ListenedValues()
    let data = [UInt8](repeating: 0, count: 60000)
    for id in 1...Value.ID(1300) { _ = known.take(Value(data, id: id)) }
    #expect(known.dropped > 0)
    #expect(known.values.reduce(0) { $0 + $1.cost } <= ListenedValues.maximumBytes)
  }
}
