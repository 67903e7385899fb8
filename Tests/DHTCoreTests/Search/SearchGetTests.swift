import DHTModel
import Testing

@testable import DHTCore

@Suite struct SearchGetTests {
  typealias F = CoreFixture

  private func get(_ query: Query = .everything) -> SearchGet {
    SearchGet(operation: OperationID(1), query: query, isTraced: false)
  }

  @Test("W-4: four nodes are asked for values, those beyond for ids; all for ids once one had too much to say")
  func stages() {
    var get = get()
    for number in UInt8(1)...4 {
      #expect(get.nextStage == .values)
      get.statuses[F.id(number)] = .asked
    }
    #expect(get.nextStage == .list)
    get.statuses[F.id(1)] = .answered
    #expect(get.nextStage == .values)
    get.isLarge = true
    #expect(get.nextStage == .list)
    var query = self.get(Query(select: [.id]))
    query.isLarge = true
    #expect(query.nextStage == .values, "a selection is small, and asked for as it is")
  }

  @Test("N-65, W-14.8: filters travel in all stages, one on the sequence number in none")
  func requests() {
    let filtered = get(Query(where: [.valueType(3), .sequence(9)]))
    #expect(get().request(.values) == nil)
    #expect(filtered.request(.values) == Query(where: [.valueType(3)]))
    #expect(filtered.request(.list) == Query(select: [.id, .sequence], where: [.valueType(3)]))
    #expect(filtered.request(.value(5)) == Query(where: [.id(5)]))
  }

  @Test("A listed value is fetched when it is new, or newer")
  func wants() {
    var get = get()
    get.seen[5] = 2
    #expect(get.wants(SearchGet.Listed(id: 4, sequence: 0)))
    #expect(!get.wants(SearchGet.Listed(id: 5, sequence: 2)))
    #expect(get.wants(SearchGet.Listed(id: 5, sequence: 3)))
  }
}
