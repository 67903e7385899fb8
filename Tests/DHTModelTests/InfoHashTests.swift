import DHTModel
import Testing

@Suite struct InfoHashTests {
  private let foo = "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"

  @Test("W§11.1: text is 40 digits of either case, printed in lower case")
  func text() {
    #expect(InfoHash(hex: foo)?.description == foo)
    #expect(InfoHash(hex: foo.uppercased())?.description == foo)
    for bad in [
      "", "0", String(foo.dropLast()), foo + "0", "0x" + foo.dropLast(2), " " + foo.dropLast(), foo.dropLast() + "g",
    ] {
      #expect(InfoHash(hex: bad) == nil, "\(bad)")
    }
  }

  @Test("W§11.1: bytes are exactly 20")
  func bytes() {
    let hash = InfoHash(hex: foo)
    #expect(hash.flatMap { InfoHash(bytes: $0.bytes) } == hash)
    #expect(hash?.bytes.first == 0x0b)
    #expect(InfoHash(bytes: [UInt8](repeating: 0, count: 19)) == nil)
    #expect(InfoHash(bytes: [UInt8](repeating: 0, count: 21)) == nil)
    let bytes: [UInt8] = [9] + (hash?.bytes ?? [])
    #expect(InfoHash(reading: bytes.span.bytes, at: 1) == hash)
  }

  @Test("W§11.1: distance is XOR, compared as a big-endian number, like a naive model")
  func distance() {
    var random = Congruential(state: 3)
    for _ in 0..<500 {
      // Words of few values, so that leading parts are often equal.
      func hash() -> InfoHash {
        func word() -> UInt32 { UInt32.random(in: 0...2, using: &random) << UInt32.random(in: 0...31, using: &random) }
        return InfoHash(word(), word(), word(), word(), word())
      }
      let a = hash(), b = hash(), target = hash()
      func naive(_ x: InfoHash) -> [UInt8] { zip(x.bytes, target.bytes).map { $0 ^ $1 } }
      #expect(a.isCloser(to: target, than: b) == naive(a).lexicographicallyPrecedes(naive(b)))
      #expect(a.distance(to: target).bytes == naive(a))
      #expect((a < b) == a.bytes.lexicographicallyPrecedes(b.bytes))
      let bits = (0..<160).prefix { a.bit($0) == b.bit($0) }.count
      #expect(a.commonBits(with: b) == bits)
      let index = Int.random(in: 0..<160, using: &random)
      let changed = a.settingBit(index, to: !a.bit(index))
      #expect(a.commonBits(with: changed) == index)
      #expect(changed.settingBit(index, to: a.bit(index)) == a)
    }
  }
}

/// Seeded, so that a failure comes again.
struct Congruential: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state ^ state >> 29
  }
}
