import DHTModel
import Testing

@testable import DHTCore

@Suite struct ListenViewTests {
  typealias F = CoreFixture
  private let a = ListenView.Source.node(.ipv4, F.id(1))
  private let b = ListenView.Source.node(.ipv4, F.id(2))
  private let value = Value("v", id: 7)

  @Test("N-93, N-94: added with the first source, expired with the last")
  func sources() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    #expect(view.add(value, from: a, until: F.at(10)) == .added(value))
    #expect(view.add(value, from: b, until: F.at(10)) == nil)
    #expect(view.add(value, from: a, until: F.at(10)) == nil)
    #expect(view.drop(7, from: a) == nil)
    #expect(view.drop(7, from: a) == nil, "it had dropped it before")
    #expect(view.drop(7, from: b) == .expired(value))
    #expect(view.drop(7, from: b) == nil && view.values.isEmpty && view.counts.isEmpty)
    #expect(view.brokenInvariant() == nil)
  }

  @Test("The same node over both families is two sources")
  func families() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    _ = view.add(value, from: .node(.ipv4, F.id(1)), until: F.at(10))
    _ = view.add(value, from: .node(.ipv6, F.id(1)), until: F.at(10))
    #expect(view.dropAll(from: .node(.ipv4, F.id(1))).isEmpty)
    #expect(view.dropAll(from: .node(.ipv6, F.id(1))) == [.expired(value)])
  }

  @Test("N-104: a source's word ends at its time, unless it is renewed")
  func expiry() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    _ = view.add(value, from: a, until: F.at(10))
    _ = view.add(value, from: b, until: F.at(20))
    #expect(view.nextDeadline == F.at(10))
    #expect(view.expire(now: F.at(10)).isEmpty)
    #expect(view.nextDeadline == F.at(20))
    view.refresh(7, from: b, until: F.at(30))
    view.refresh(7, from: a, until: F.at(99))  // dropped it; a refresh does not bring it back
    view.refresh(8, from: a, until: F.at(99))
    #expect(view.expire(now: F.at(20)).isEmpty)
    #expect(view.expire(now: F.at(29.9)).isEmpty)
    #expect(view.expire(now: F.at(30)) == [.expired(value)])
    #expect(view.nextDeadline == nil)
  }

  @Test("N-95, N-96, N-97: other content counts when it is signed and newer")
  func edits() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    let first = F.signed(7, "one", sequence: 1)
    let second = F.signed(7, "two", sequence: 2)
    #expect(view.add(first, from: a, until: F.at(10)) == .added(first))
    #expect(view.add(second, from: a, until: F.at(10)) == .updated(second), "from the same node")
    #expect(view.add(first, from: b, until: F.at(10)) == nil)
    #expect(view.add(F.signed(7, "three", sequence: 2), from: b, until: F.at(10)) == nil)
    #expect(view.counts[b] == nil, "who holds other content does not hold this")
    #expect(view.drop(7, from: a) == .expired(second))

    #expect(view.add(value, from: a, until: F.at(10)) == .added(value))
    #expect(view.add(Value("w", id: 7), from: b, until: F.at(10)) == nil)
    #expect(view.values == [value])
  }

  @Test("N-106: our own storage is believed, whatever it says, and does not expire")
  func local() {
    var view = ListenView(limit: 1, bytes: 1 << 20)
    _ = view.add(value, from: a, until: F.at(10))
    let other = Value("w", id: 7)
    #expect(view.add(other, from: .local, until: .distantFuture, isCertain: true) == .updated(other))
    _ = view.add(Value("x", id: 8), from: .local, until: .distantFuture, isCertain: true)
    #expect(view.expire(now: F.at(1000)).isEmpty && view.values.count == 2, "the limit is for others")
    #expect(view.drop(7, from: .local) == .expired(other))
  }

  @Test("A source holds no more values than the limit; those it drops make room")
  func limit() {
    var view = ListenView(limit: 3, bytes: 1 << 20)
    for id in UInt64(1)...10 { _ = view.add(Value("v", id: id), from: a, until: F.at(10)) }
    #expect(view.values.map(\.id) == [1, 2, 3])
    #expect(view.add(Value("v", id: 4), from: b, until: F.at(10)) != nil)
    _ = view.add(Value("v", id: 4), from: a, until: F.at(10))
    #expect(view.counts[a] == 3)
    _ = view.drop(1, from: a)
    #expect(view.add(Value("v", id: 9), from: a, until: F.at(10)) != nil)
    #expect(view.dropAll(from: a).count == 3 && view.values.map(\.id) == [4])
  }

  @Test("A source holds no more bytes than the limit, whatever their count")
  func bytes() {
    var view = ListenView(limit: 100, bytes: 11_000)
    let large = [UInt8](repeating: 1, count: 3000)
    for id in UInt64(1)...10 { _ = view.add(Value(large, id: id), from: a, until: F.at(10)) }
    #expect(view.values.map(\.id) == [1, 2, 3])
    #expect(view.add(Value(large, id: 1), from: a, until: F.at(20)) == nil && view.bytes[a] ?? 0 <= 11_000)
    _ = view.add(Value(large, id: 4), from: b, until: F.at(10))
    _ = view.add(Value(large + [1], id: 1), from: b, until: F.at(10))
    _ = view.add(Value(large + [1], id: 2), from: b, until: F.at(10))
    _ = view.add(Value(large + [1], id: 3), from: b, until: F.at(10))
    #expect(view.counts[b] == 3, "what is not told is charged, too")
    _ = view.dropAll(from: a)
    _ = view.dropAll(from: b)
    #expect(view.bytes.isEmpty && view.counts.isEmpty && view.values.isEmpty)
  }

  @Test("N-94, N-95: new content of a source that dropped the old is told at once, and once, while others have the old")
  func follows() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    let new = Value("w", id: 7)
    _ = view.add(value, from: a, until: F.at(10))
    _ = view.add(value, from: b, until: F.at(10))
    #expect(view.drop(7, from: a) == nil)
    #expect(view.add(new, from: a, until: F.at(20)) == .updated(new))
    #expect(view.add(new, from: a, until: F.at(20)) == nil)
    #expect(view.add(value, from: b, until: F.at(20)) == nil, "the old content is no news")
    #expect(view.drop(7, from: b) == nil)
    #expect(view.add(new, from: b, until: F.at(20)) == nil)
    #expect(view.values == [new])
    #expect(view.drop(7, from: a) == nil)
    #expect(view.drop(7, from: b) == .expired(new))
    #expect(view.counts.isEmpty && view.bytes.isEmpty)
  }

  @Test("N-94, N-95: new content that came too early is told when the last source of the old is gone")
  func promotion() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    let new = Value("w", id: 7)
    let c = ListenView.Source.node(.ipv4, F.id(3))
    _ = view.add(value, from: a, until: F.at(10))
    #expect(view.add(Value("u", id: 7), from: c, until: F.at(90)) == nil)
    #expect(view.add(new, from: b, until: F.at(90)) == nil)
    #expect(view.expire(now: F.at(10)) == [.updated(new)], "the newest")
    #expect(view.add(value, from: a, until: F.at(90)) == nil)
    #expect(view.drop(7, from: b) == .updated(value))
    #expect(view.drop(7, from: a) == .updated(Value("u", id: 7)))
    #expect(view.drop(7, from: c) == .expired(Value("u", id: 7)))
    #expect(view.brokenInvariant() == nil)
  }

  @Test("N-95: the word that the old content is gone may come after the new content")
  func reordered() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    let new = Value("w", id: 7)
    _ = view.add(value, from: a, until: F.at(10))
    _ = view.add(value, from: b, until: F.at(10))
    #expect(view.add(new, from: a, until: F.at(10)) == nil)
    #expect(view.drop(7, from: a) == .updated(new))
    #expect(view.drop(7, from: b) == nil)
    #expect(view.drop(7, from: a) == .expired(new))
  }

  @Test("A source that adds and drops a value for ever leaves no trail of deadlines")
  func flood() {
    var view = ListenView(limit: 10, bytes: 1 << 20)
    for round in 0..<5000 {
      _ = view.add(value, from: a, until: F.at(1000 + Double(round)))
      if round % 3 > 0 { _ = view.drop(7, from: a) }
      #expect(view.scheduledCount <= 70)
    }
    #expect(view.brokenInvariant() == nil)
  }

  @Test("N-93, N-94: as a plain list of who has what would tell it", arguments: UInt64(1)...10)
  func model(seed: UInt64) {
    var random = RandomSource(Seed(seed, 2))
    var view = ListenView(limit: 100, bytes: 1 << 20)
    var model: [Value.ID: [ListenView.Source: Instant]] = [:]
    var now = F.start
    for step in 0..<600 {
      now = now + .milliseconds(Int64.random(in: 0...500, using: &random))
      let id = UInt64.random(in: 1...6, using: &random)
      let source = [a, b, .local].randomElement(using: &random) ?? a
      let expiry = now + .seconds(Int64.random(in: 1...20, using: &random))
      var changes: [ListenChange] = []
      let before = Set(model.keys)
      switch UInt8.random(in: 0..<6, using: &random) {
      case 0, 1:
        if let change = view.add(Value("v", id: id), from: source, until: expiry) { changes = [change] }
        model[id, default: [:]][source] = expiry
      case 2:
        view.refresh(id, from: source, until: expiry)
        if model[id]?[source] != nil { model[id]?[source] = expiry }
      case 3:
        if let change = view.drop(id, from: source) { changes = [change] }
        model[id]?[source] = nil
      case 4:
        changes = view.dropAll(from: source)
        for id in before { model[id]?[source] = nil }
      default:
        changes = view.expire(now: now)
        for id in before { model[id] = model[id]?.filter { $0.value > now } }
      }
      model = model.filter { !$0.value.isEmpty }
      let added = Set(model.keys).subtracting(before), expired = before.subtracting(model.keys)
      #expect(Set(changes.map(\.value.id)) == added.union(expired), "seed \(seed), step \(step)")
      #expect(view.values.map(\.id) == model.keys.sorted(), "seed \(seed), step \(step)")
      #expect(view.brokenInvariant() == nil, "seed \(seed), step \(step)")
    }
  }
}
