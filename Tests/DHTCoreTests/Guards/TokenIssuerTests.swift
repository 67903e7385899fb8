import DHTModel
import Testing

@testable import DHTCore

@Suite struct TokenIssuerTests {
  let start = Instant(nanoseconds: 0)
  let peer = SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 4222)
  var random = RandomSource(Seed(1, 1))

  @Test("N-110, W§9: a wrong, short, long or empty token is refused; ours has 32 bytes")
  mutating func refusesWrongTokens() {
    let issuer = TokenIssuer(random: &random, now: start)
    let token = issuer.token(for: peer)
    #expect(token.count == 32 && issuer.accepts(token, from: peer))
    let bytes = token.bytes
    for index in 0..<32 {
      var wrong = bytes
      wrong[index] ^= 1
      #expect(!issuer.accepts(Token(wrong), from: peer))
    }
    #expect(!issuer.accepts(Token([]), from: peer))
    #expect(!issuer.accepts(Token(bytes.dropLast()), from: peer))
    #expect(!issuer.accepts(Token(bytes + [0]), from: peer))
  }

  @Test("N-111: a token from another port, address or family is refused")
  mutating func bindsToIPAndPort() {
    let issuer = TokenIssuer(random: &random, now: start)
    let token = issuer.token(for: peer)
    #expect(!issuer.accepts(token, from: SocketAddress(ip: peer.ip, port: 4223)))
    #expect(!issuer.accepts(token, from: SocketAddress(ip: IPAddress(ipv4: 0x7f00_0002), port: 4222)))
    #expect(!issuer.accepts(token, from: SocketAddress(ip: IPAddress(ipv6High: 0, low: 0x7f00_0001), port: 4222)))
  }

  @Test("N-112: one token per requester, for every key and operation; another node's is refused")
  mutating func dependsOnTheRequesterAlone() {
    let issuer = TokenIssuer(random: &random, now: start)
    let other = TokenIssuer(random: &random, now: start)
    #expect(issuer.token(for: peer) == issuer.token(for: peer))
    #expect(!other.accepts(issuer.token(for: peer), from: peer))
  }

  @Test("N-113: a token works for at least 15 and at most 90 minutes", arguments: UInt64(1)...50)
  func lifetime(seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var issuer = TokenIssuer(random: &random, now: start)
    // From every phase of a secret.
    let wait = random.duration(in: .zero...(.seconds(7200)))
    var now = start
    while issuer.nextDeadline <= start + wait {
      now = issuer.nextDeadline
      issuer.advance(to: now, random: &random)
    }
    now = start + wait
    let token = issuer.token(for: peer)
    var changes = 0
    while issuer.accepts(token, from: peer) {
      let next = issuer.nextDeadline
      if changes == 1 { #expect(next - now >= .seconds(15 * 60), "seed \(seed)") }
      issuer.advance(to: next - .nanoseconds(1), random: &random)
      #expect(issuer.nextDeadline == next)
      issuer.advance(to: next, random: &random)
      let pause = issuer.nextDeadline - next
      #expect(TokenIssuer.rotation.contains(pause), "seed \(seed)")
      changes += 1
      if changes == 2 { #expect(next - now <= .seconds(90 * 60), "seed \(seed)") }
    }
    #expect(changes == 2)
  }

  @Test mutating func afterALongSleepOldTokensAreGone() {
    var issuer = TokenIssuer(random: &random, now: start)
    let token = issuer.token(for: peer)
    let late = start + .seconds(365 * 86400)
    issuer.advance(to: late, random: &random)
    #expect(!issuer.accepts(token, from: peer))
    #expect(TokenIssuer.rotation.contains(issuer.nextDeadline - late))
    issuer.advance(to: .distantFuture, random: &random)  // must end
  }

  @Test("W-45: a token does not follow from others; its bits look random")
  mutating func tokensDiffer() {
    let issuer = TokenIssuer(random: &random, now: start)
    let tokens = (1...500).map { issuer.token(for: SocketAddress(ip: peer.ip, port: UInt16($0))) }
    #expect(Set(tokens).count == 500)
    let ones = tokens.reduce(0) { $0 + $1.bytes.reduce(0) { $0 + $1.nonzeroBitCount } }
    #expect(abs(ones - 64000) < 1100)
  }
}
