import DHTModel
import Testing

@testable import DHTIndex

/// Known leaves.
@Suite struct LeafCacheTests {
  private let start = WallTime(seconds: 1_000_000)

  @Test("P-21: a leaf older than five minutes is not used, one that was hit counts as new")
  func age() {
    var cache = LeafCache()
    cache.insert(IndexPrefix([0x61, 0x61], size: 12), now: start)
    #expect(cache.depth(of: [0x61, 0x61, 0x80], now: start + .seconds(299)) == 12)
    #expect(cache.depth(of: [0x61, 0x61, 0x80], now: start + .seconds(598)) == 12)
    #expect(cache.depth(of: [0x61, 0x61, 0x80], now: start + .seconds(899)) == nil)
    #expect(cache.count == 0)
    cache.insert(IndexPrefix([0x61, 0x61], size: 12), now: start)
    // Another path touches a part of it only.
    #expect(cache.depth(of: [0x71, 0x61, 0x80], now: start + .seconds(299)) == 3)
    #expect(cache.depth(of: [0x61, 0x61, 0x80], now: start + .seconds(301)) == nil)
    // A clock that was set back makes every age unknown.
    cache.insert(.root, now: start)
    #expect(cache.depth(of: [1], now: start + .seconds(-1)) == nil)
  }

  @Test("P-21: never more than 1024 leaves; the oldest go first")
  func bound() {
    var cache = LeafCache()
    for number in 0..<3000 {
      cache.insert(IndexPrefix([UInt8(number >> 8), UInt8(number & 255)], size: 16), now: start)
      #expect(cache.count == min(number + 1, 1024))
    }
    #expect(cache.depth(of: [UInt8(2999 >> 8), UInt8(2999 & 255), 0], now: start) == 16)
    #expect(cache.depth(of: [0, 0, 0], now: start) ?? 16 < 16)
    for _ in 0..<5 { cache.insert(IndexPrefix([11, 183], size: 16), now: start) }
    #expect(cache.count == 1024)
  }

  @Test("pht.md §9: the longest known path counts")
  func longest() {
    var cache = LeafCache()
    #expect(cache.depth(of: [1, 2], now: start) == nil)
    cache.insert(.root, now: start)
    #expect(cache.depth(of: [1, 2], now: start) == 0)
    cache.insert(IndexPrefix([0xf0], size: 6), now: start)
    cache.insert(IndexPrefix([0xff], size: 8), now: start)
    #expect(cache.depth(of: [0xf0, 0], now: start) == 6)
    #expect(cache.depth(of: [0xfe, 0], now: start) == 7)
    #expect(cache.depth(of: [0x00, 0], now: start) == 0)
  }
}
