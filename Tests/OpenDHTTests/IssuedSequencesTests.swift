import DHTCore
import Testing

@testable import OpenDHT

struct IssuedSequencesTests {
  private static let name = IssuedSequences.Name(key: InfoHash.random(), id: 7)

  @Test("C§4.5: two puts that found the same edition sign different numbers") func distinct() throws {
    var issued = IssuedSequences()
    #expect(try issued.issue(Self.name, atLeast: 5) == 5)
    #expect(try issued.issue(Self.name, atLeast: 5) == 6)
    #expect(try issued.issue(Self.name, atLeast: 0) == 7, "the network forgot, we did not")
    #expect(try issued.issue(Self.name, atLeast: 20) == 20)
    #expect(try issued.issue(IssuedSequences.Name(key: Self.name.key, id: 8), atLeast: 0) == 0)
  }

  @Test("after 65535 there is no other number") func exhausted() throws {
    var issued = IssuedSequences()
    #expect(try issued.issue(Self.name, atLeast: .max) == .max)
    #expect(throws: DHTError.sequenceExhausted) { try issued.issue(Self.name, atLeast: 3) }
  }

  @Test("what was signed last is remembered longest, within bounds") func bounded() throws {
    var issued = IssuedSequences()
    for id in 1...10_000 { _ = try issued.issue(IssuedSequences.Name(key: Self.name.key, id: UInt64(id)), atLeast: 3) }
    #expect(issued.count <= 4096)
    #expect(try issued.issue(IssuedSequences.Name(key: Self.name.key, id: 10_000), atLeast: 3) == 4)
    #expect(try issued.issue(IssuedSequences.Name(key: Self.name.key, id: 1), atLeast: 3) == 3)
  }
}
