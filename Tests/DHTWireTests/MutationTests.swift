import DHTModel
import DHTWire
import Testing

/// Hostile bytes: whatever happens, nothing traps, and what is understood is understood again.
@Suite struct MutationTests {
  @Test("W§13: 100,000 mutations of captured packets never trap", arguments: UInt64(1)...8)
  func mutations(seed: UInt64) {
    let packets = Vector.packets.map(\.bytes).filter { $0.count < 700 }
    var random = SplitMix(state: seed)
    var decoded = 0
    for _ in 0..<12_500 {
      var bytes = packets[Int.random(in: packets.indices, using: &random)]
      mutate(&bytes, using: &random)
      guard let message = try? decode(bytes) else { continue }
      decoded += 1
      check(message, bytes)
    }
    #expect(decoded > 1000)
  }

  private func check(_ message: Message, _ bytes: [UInt8]) {
    var arena = PacketArena()
    message.encode(into: &arena)
    let packets = (0..<arena.count).map { Array(arena.bytes[arena.range(of: $0)]) }
    guard packets.count == 1 else { return }  // Inline values that a mutation made too many are sent in parts.
    let again = try? decode(packets[0])
    #expect(again != nil, "\(hexString(bytes))")
    var second = PacketArena()
    again?.encode(into: &second)
    #expect(second.bytes == arena.bytes, "\(hexString(bytes))")
  }

  private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix) {
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return }
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 4:
        bytes[place] = [0xc0, 0xc4, 0xcf, 0xd3, 0xdd, 0xdf, 0xdb, 0xc6, 0x80, 0x90].randomElement(using: &random) ?? 0
      default:
        // A stretch from elsewhere in the packet.
        let from = Int.random(in: bytes.indices, using: &random)
        let count = min(Int.random(in: 1...30, using: &random), bytes.count - from)
        bytes.insert(contentsOf: bytes[from..<from + count], at: place)
      }
    }
  }

  @Test("W§13: random bytes never trap")
  func noise() {
    var random = SplitMix(state: 99)
    for _ in 0..<20_000 {
      let bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
      _ = try? decode(bytes)
      _ = try? Value(unpacking: bytes.span.bytes)
      _ = try? Query(unpacking: bytes.span.bytes)
      _ = try? ExportedValues(decoding: bytes.span.bytes, now: WallTime(seconds: 0))
    }
  }
}

/// Seeded, so that a failure comes again.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
