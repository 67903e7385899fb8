import DHTModel
import Testing

@testable import DHTCore

@Suite struct BucketTests {
  typealias F = CoreFixture

  @Test("The newest stands in front, each id once")
  func order() {
    var bucket = Bucket()
    for number in UInt8(1)...8 { bucket.insert(F.id(number)) }
    #expect(bucket.nodes.count == Bucket.capacity && bucket.nodes == (UInt8(1)...8).reversed().map { F.id($0) })
    bucket.replace(F.id(5), by: F.id(9))
    #expect(bucket.nodes == [9, 8, 7, 6, 4, 3, 2, 1].map { F.id($0) })
    bucket.remove(F.id(9))
    bucket.remove(F.id(9))
    #expect(bucket.nodes.count == 7)
    #expect(bucket.takeAll().count == 7 && bucket.nodes.isEmpty)
  }

  @Test("A candidate that enters is no candidate any more; another stays")
  func candidate() {
    var bucket = Bucket()
    bucket.candidate = F.id(1)
    bucket.insert(F.id(2))
    #expect(bucket.candidate == F.id(1))
    bucket.insert(F.id(1))
    #expect(bucket.candidate == nil)
  }
}
