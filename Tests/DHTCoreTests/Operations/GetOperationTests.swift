import DHTModel
import Testing

@testable import DHTCore

@Suite struct GetOperationTests {
  typealias F = CoreFixture

  private func get(_ query: Query = .everything) -> GetOperation {
    GetOperation(key: F.id(1), query: query, isTraced: false)
  }
  private func news(_ get: inout GetOperation, _ values: Value...) -> [Value] { get.news(values) { _ in nil } }

  @Test("N-60, W-10: each distinct content comes once; contents under one id do not flip")
  func contents() {
    var get = get()
    let (x, y) = (Value("x", id: 7), Value("y", id: 7))
    #expect(news(&get, x, x) == [x])
    #expect(news(&get, y) == [y])
    for _ in 0..<5 { #expect(news(&get, x, y).isEmpty) }
    #expect(get.delivered == 2)
  }

  @Test("W-10: of a signed value the higher sequence is preferred: what is older is not delivered any more")
  func sequences() {
    var get = get()
    let (old, new) = (F.signed(7, "old", sequence: 1), F.signed(7, "new", sequence: 2))
    #expect(news(&get, new, old) == [new])
    var other = self.get()
    #expect(news(&other, old, new) == [old, new])
  }

  @Test("What is being opened does not count as delivered")
  func opening() {
    var get = get()
    let (plain, signed) = (Value("p", id: 1), F.signed(7, "s", sequence: 1))
    #expect(news(&get, plain) == [plain])
    #expect(get.sealedNews([signed]) { _ in nil } == [signed])
    #expect(get.known == [plain])
    #expect(get.opened([.opened(signed)]) { _ in nil } == [signed])
    #expect(get.known == [plain, signed])
  }

  @Test("A node that invents contents under one id is not heard for ever")
  func inventions() {
    var get = get()
    for number in 0..<50 { _ = news(&get, Value("\(number)", id: 7)) }
    #expect(get.delivered == 8)
    #expect(news(&get, Value("v", id: 8)).count == 1)
  }

  @Test("N-65: values that do not match are not delivered, whatever nodes send")
  func filters() {
    var get = get(Query(where: [.id(3)]))
    #expect(news(&get, Value("v", id: 3), Value("v", id: 4)).map(\.id) == [3])
    var sequence = self.get(Query(where: [.sequence(2)]))
    #expect(news(&sequence, F.signed(1, "v", sequence: 1), F.signed(2, "v", sequence: 2)).map(\.id) == [2])
  }

  @Test("N-67, W-7: records of later nodes are delivered, compared by what they say")
  func records() {
    var get = get(Query(select: [.id], where: [.sequence(1)]))
    #expect(get.news([FieldRecord(id: 1), FieldRecord(id: 1), FieldRecord(id: 2)]).map(\.id) == [1, 2])
    #expect(get.news([FieldRecord(id: 2), FieldRecord(id: 3)]).map(\.id) == [3])
    #expect(get.news([FieldRecord(id: 4, sequence: 0), FieldRecord(id: 5, sequence: 1)]).map(\.id) == [5])
    #expect(get.delivered == 4)
  }

  @Test("The outcome counts families that answered")
  func outcome() {
    var get = get()
    get.ends = [
      SearchGet.End(isIsolated: false, answered: 5, closest: 8, incomplete: 1, nodes: [F.contact(1)]),
      SearchGet.End(isIsolated: true, answered: 0, closest: 3, incomplete: 2, nodes: []),
    ]
    #expect(
      get.outcome(.completed)
        == GetOutcome(ending: .completed, answered: 5, closest: 8, delivered: 0, incomplete: 3, nodes: [F.contact(1)]))
  }
}
