import DHTModel
import Testing

@testable import DHTCore

@Suite struct RandomSourceTests {
  @Test func sameSeedSameNumbers() {
    var x = RandomSource(Seed(1, 2))
    var y = RandomSource(Seed(1, 2))
    var z = RandomSource(Seed(1, 3))
    let numbers = (0..<100).map { _ in x.next() }
    #expect(numbers == (0..<100).map { _ in y.next() })
    #expect(numbers != (0..<100).map { _ in z.next() })
    #expect(Set(numbers).count == 100)
  }

  @Test("W-45: numbers are a keyed hash of a counter; the key never shows")
  func numbersAreAKeyedHash() {
    let seed = Seed(0x1234, 0x5678)
    var random = RandomSource(seed)
    let hash = SipHash(key: seed)
    for counter in UInt64(1)...10 { #expect(random.next() == hash.hash64(counter)) }
  }

  @Test func durationsStayInRangeAndReachItsEnds() {
    var random = RandomSource(Seed(7, 7))
    let range: ClosedRange<Duration> = .seconds(1)...(.milliseconds(1250))
    let drawn = (0..<2000).map { _ in random.duration(in: range) }
    #expect(drawn.allSatisfy(range.contains))
    #expect((drawn.min() ?? .zero) < .milliseconds(1005))
    #expect((drawn.max() ?? .zero) > .milliseconds(1245))
    #expect(random.duration(in: .seconds(3)...(.seconds(3))) == .seconds(3))
  }

  @Test func idsAreNeverZeroAndUseAllBits() {
    var random = RandomSource(Seed(9, 9))
    var seen32: UInt32 = 0
    var seen64: UInt64 = 0
    for _ in 0..<200 {
      let (short, long) = (random.nonZero32(), random.nonZero64())
      #expect(short != 0 && long != 0)
      seen32 |= short
      seen64 |= long
    }
    #expect(seen32 == .max && seen64 == .max)
  }

  @Test func bitsAreBalanced() {
    var random = RandomSource(Seed(3, 4))
    var ones = [Int](repeating: 0, count: 64)
    for _ in 0..<4000 {
      let number = random.next()
      for bit in 0..<64 { ones[bit] += Int(number >> UInt64(bit) & 1) }
    }
    // Six standard deviations.
    #expect(ones.allSatisfy { abs($0 - 2000) < 190 })
  }
}
