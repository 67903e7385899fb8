import DHTModel
import DHTProxyMessages
import Testing

/// Hostile bodies: whatever happens, nothing traps, and what is understood is understood again as the same.
@Suite struct MutationTests {
  @Test("20,000 mutations of bodies of real peers never trap", arguments: UInt64(1)...8)
  func mutations(seed: UInt64) {
    let bodies = Transcript.all.flatMap { $0.requests.map(\.body) + $0.answers.map(\.body) }
      .filter { (1..<700).contains($0.count) }
    var random = SplitMix(state: seed)
    var understood = 0
    for _ in 0..<2500 {
      var body = bodies[Int.random(in: bodies.indices, using: &random)]
      mutate(&body, using: &random)
      understood += check(body)
    }
    #expect(understood > 1000, "\(understood)")
  }

  @Test("random bytes never trap") func noise() {
    var random = SplitMix(state: 99)
    let alphabet = Array(#"{}[]":,\/*u0129eE+-.tfn dax"#.utf8) + [0, 0xff, 0xef, 0xbb, 0xbf, 10]
    for _ in 0..<20_000 {
      _ = check((0..<Int.random(in: 0..<40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 })
    }
  }

  /// Reads a body as everything; the count of messages it can be taken for.
  private func check(_ body: [UInt8]) -> Int {
    again(body, { try PutBody(reading: $0) }, { $0.bytes() })
      + again(body, { try SignBody(reading: $0) }, { $0.bytes() })
      + again(body, { try Value(jsonBody: $0) }, { $0.jsonLine() })
      + again(body, { try SubscribeBody(reading: $0) }, { $0.bytes() })
      + again(body, { try UnsubscribeBody(reading: $0) }, { $0.bytes() })
      + again(body, { try NodeInformation(reading: $0) }, { $0.bytes() })
      + again(body, { try ServerStatistics(reading: $0) }, { $0.bytes() })
      + again(body, { try EncryptBody(reading: $0).recipient }, { _ in body })
      + again(body, { try PingPushBody(reading: $0).context.token }, { _ in body })
      + stream(body)
  }

  private func again<Message: Equatable>(
    _ body: [UInt8], _ read: ([UInt8]) throws -> Message, _ write: (Message) -> [UInt8]
  ) -> Int {
    guard let message = try? read(body) else { return 0 }
    #expect((try? read(write(message))) == message, "\(String(decoding: body, as: UTF8.self))")
    return 1
  }

  private func stream(_ body: [UInt8]) -> Int {
    var stream = ValueStream()
    var count = 0
    do { try stream.append(body) } catch { return 0 }
    while stream.next() != nil { count += 1 }
    _ = stream.finish()
    _ = ErrorAnswer.reason(in: body)
    return count
  }

  private func mutate(_ bytes: inout [UInt8], using random: inout SplitMix) {
    let tokens = [
      #"""#, "{", "}", "[", "]", ":", ",", "\\", "/*", "*/", "//", "null", "true", "-", "1e99", ".5", #"\ud800"#, "\n",
    ]
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard !bytes.isEmpty else { return }
      let place = Int.random(in: bytes.indices, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 4: bytes.insert(contentsOf: (tokens.randomElement(using: &random) ?? "").utf8, at: place)
      default:
        // A stretch from elsewhere in the body.
        let from = Int.random(in: bytes.indices, using: &random)
        let count = min(Int.random(in: 1...30, using: &random), bytes.count - from)
        bytes.insert(contentsOf: bytes[from..<from + count], at: place)
      }
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
