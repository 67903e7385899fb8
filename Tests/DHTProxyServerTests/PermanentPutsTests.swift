import DHTModel
import DHTProxyMessages
import Testing

@testable import DHTProxyServer

/// Permanent puts in virtual time. (proxy.md §6)
@Suite struct PermanentPutsTests {
  private static let hour = Duration.seconds(3600)
  private let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
  private let start = Instant(nanoseconds: 0)
  private var limits: RegistrationLimits {
    var limits = RegistrationLimits()
    limits.reminderSpread = .zero
    return limits
  }
  private func context(_ token: String, session: String = "s", secret: String = "") -> PushContext {
    PushContext(token: token, clientID: "c", platform: .android, sessionID: session, secret: secret)
  }
  private func request(
    _ text: String, id: Value.ID = 0, _ context: PushContext? = nil, from address: UInt32 = 1
  ) -> PermanentPuts.Request {
    .init(value: Value(text, id: id), key: key, context: context, address: IPAddress(ipv4: address))
  }
  private func id(_ id: Value.ID) -> PermanentPut.ID { .init(key: key, valueID: id) }

  @Test("X-40: the same content, token and client without an id are answered with the first id, and nothing is put")
  func sameContent() throws {
    var puts = PermanentPuts(limits)
    #expect(try puts.put(request("a", context("t")), drawing: 7, now: start).0 == .put(Value("a", id: 7)))
    let (decision, effects) = try puts.put(request("a", context("t")), drawing: 8, now: start + Self.hour)
    #expect(decision == .known(Value("a", id: 7)))
    #expect(effects == [.savePut(id(7))])
    #expect(try puts.put(request("b", context("t")), drawing: 8, now: start).0 == .put(Value("b", id: 8)))
    #expect(try puts.put(request("a", context("u")), drawing: 9, now: start).0 == .put(Value("a", id: 9)))
    #expect(try puts.put(request("a"), drawing: 10, now: start).0 == .put(Value("a", id: 10)))
    #expect(puts.count == 4 && puts.keyCount == 1)
  }

  @Test("X-39 X-40: a put with an id is made anew each time, in place of the old one")
  func chosenID() throws {
    var puts = PermanentPuts(limits)
    #expect(try puts.put(request("a", id: 77), drawing: 1, now: start).0 == .put(Value("a", id: 77)))
    #expect(try puts.put(request("b", id: 77), drawing: 1, now: start).0 == .put(Value("b", id: 77)))
    #expect(puts.count == 1 && puts.entries[id(77)]?.value == Value("b", id: 77))
  }

  @Test("X-41: ended 24 h after the last refresh")
  func end() throws {
    var puts = PermanentPuts(limits)
    _ = try puts.put(request("a", id: 5), drawing: 1, now: start)
    _ = try puts.put(request("a"), drawing: 1, now: start + Self.hour * 10)
    #expect(puts.advance(to: start + Self.hour * 34 - .seconds(1)).isEmpty)
    #expect(puts.advance(to: start + Self.hour * 34) == [.cancel(id(5)), .savePut(id(5))])
    #expect(puts.count == 0 && puts.byteCount == 0 && puts.nextDeadline == nil)
  }

  @Test("X-42: a push with timeout and vid two hours before, once, to a client with a token")
  func reminder() throws {
    var puts = PermanentPuts(limits, defaultTopic: "org.example")
    _ = try puts.put(request("a", id: 5, context("t")), drawing: 1, now: start)
    _ = try puts.put(request("b", id: 6, context("")), drawing: 1, now: start)
    #expect(puts.advance(to: start + Self.hour * 22 - .seconds(1)).isEmpty)
    let kept = context("t").kept(defaultTopic: "org.example")
    let reminder = PushNotification(timeoutAt: key, valueID: 5, to: kept)
    #expect(puts.advance(to: start + Self.hour * 22) == [.push(reminder)])
    #expect(reminder.topic == "org.example" && reminder.data.clientID == "c" && reminder.data.sessionID == "s")
    #expect(puts.advance(to: start + Self.hour * 23).isEmpty)
    #expect(puts.advance(to: start + Self.hour * 24).count == 4)
  }

  @Test("X-42: a refresh moves the reminder, and its token and session take the old ones' place")
  func refresh() throws {
    var puts = PermanentPuts(limits)
    _ = try puts.put(request("a", id: 5, context("t")), drawing: 1, now: start)
    _ = try puts.put(request("a", id: 5, context("u", session: "")), drawing: 1, now: start + Self.hour * 20)
    #expect(puts.advance(to: start + Self.hour * 41).isEmpty)
    let reminder = PushNotification(timeoutAt: key, valueID: 5, to: context("u", session: "s"))
    #expect(puts.advance(to: start + Self.hour * 42) == [.push(reminder)])
    _ = try puts.put(request("a", context("u", session: "s2")), drawing: 1, now: start + Self.hour * 43)
    #expect(puts.entries[id(5)]?.context?.sessionID == "s2")
    #expect(puts.advance(to: start + Self.hour * 65).count == 1)
  }

  @Test("Reminders come up to ten minutes early, spread over the keys and ids")
  func spread() throws {
    var puts = PermanentPuts(RegistrationLimits())
    for id in UInt64(1)...100 { _ = try puts.put(request("a", id: id, context("t")), drawing: 1, now: start) }
    let due = start + Self.hour * 22
    #expect(puts.advance(to: due - .seconds(600)).isEmpty)
    let early = puts.advance(to: due - .seconds(1)).count
    #expect((50...100).contains(early))
    #expect(early + puts.advance(to: due).count == 100)
  }

  @Test("A put with a secret is ended by it, and neither renewed nor ended without; one without cannot be ended")
  func secret() throws {
    var puts = PermanentPuts(limits)
    _ = try puts.put(request("a", id: 5, context("", secret: "x")), drawing: 1, now: start)
    #expect(throws: RegistrationRefusal.wrongSecret) {
      try puts.put(request("b", id: 5), drawing: 1, now: start)
    }
    #expect(try puts.put(request("a"), drawing: 9, now: start).0 == .put(Value("a", id: 9)))
    #expect(throws: RegistrationRefusal.wrongSecret) { try puts.cancel(id(5), secret: "y") }
    #expect(throws: RegistrationRefusal.wrongSecret) { try puts.cancel(id(5), secret: "") }
    #expect(throws: RegistrationRefusal.wrongSecret) { try puts.cancel(id(9), secret: "") }
    #expect(throws: RegistrationRefusal.unknown) { try puts.cancel(id(6), secret: "x") }
    #expect(
      try puts.put(request("b", id: 5, context("", secret: "x")), drawing: 1, now: start).0 == .put(Value("b", id: 5)))
    #expect(try puts.cancel(id(5), secret: "x") == [.cancel(id(5)), .savePut(id(5))])
    #expect(puts.count == 1)
  }

  @Test("A put that was made without a secret is bound to one only by who shows its token")
  func lateSecret() throws {
    var puts = PermanentPuts(limits)
    _ = try puts.put(request("a", id: 5), drawing: 1, now: start)
    _ = try puts.put(request("a", id: 5, context("", secret: "x")), drawing: 1, now: start)
    #expect(puts.entries[id(5)]?.secret == nil)
    _ = try puts.put(request("a", id: 6, context("t")), drawing: 1, now: start)
    _ = try puts.put(request("a", id: 6, context("u", secret: "x")), drawing: 1, now: start)
    #expect(puts.entries[id(6)]?.secret == nil)
    _ = try puts.put(request("a", id: 6, context("u", secret: "x")), drawing: 1, now: start)
    #expect(puts.entries[id(6)]?.secret == SecretDigest(of: "x"))
  }

  @Test("Counts are those of what is there, after anything", arguments: 1...20)
  func counts(seed: UInt64) {
    var random = SplitMix(state: seed)
    var limits = limits
    limits.permanentPutsPerToken = 4
    limits.permanentPutsPerAddress = 10
    var puts = PermanentPuts(limits)
    var now = start
    for _ in 0..<300 {
      now = now + .seconds(Int.random(in: 0...7200, using: &random))
      let token = ["", "t", "u"].randomElement(using: &random)!
      let id = UInt64.random(in: 0...6, using: &random)
      switch Int.random(in: 0...9, using: &random) {
      case 0: _ = puts.dropToken(token)
      case 1: _ = puts.advance(to: now)
      case 2: _ = puts.forget(self.id(id))
      default:
        let address = UInt32.random(in: 1...2, using: &random)
        _ = try? puts.put(
          request(["a", "bc"].randomElement(using: &random)!, id: id, context(token), from: address),
          drawing: .random(in: 1...9, using: &random), now: now)
      }
      #expect(puts.byteCount == puts.entries.values.reduce(0) { $0 + $1.byteCount })
      #expect(puts.keyCount == (puts.count == 0 ? 0 : 1))
      #expect(puts.entries.values.count { $0.context?.token == "t" } <= 4)
      #expect((puts.nextDeadline == nil) == (puts.count == 0))
    }
    _ = puts.advance(to: now + Self.hour * 24)
    #expect(puts.count == 0 && puts.byteCount == 0)
  }

  @Test("Every bound refuses with its own words")
  func bounds() throws {
    func fill(_ change: (inout RegistrationLimits) -> Void, _ second: PermanentPuts.Request) -> RegistrationRefusal? {
      var limits = limits
      change(&limits)
      var puts = PermanentPuts(limits)
      do throws(RegistrationRefusal) {
        _ = try puts.put(request("a", id: 1, context("t")), drawing: 1, now: start)
        // A renewal always has room.
        _ = try puts.put(request("a", id: 1, context("t")), drawing: 1, now: start)
        _ = try puts.put(second, drawing: 2, now: start)
        return nil
      } catch {
        #expect(error.answer.status == 429)
        return error
      }
    }
    let other = request("b", context("u"), from: 2)
    #expect(fill({ $0.permanentPuts = 1 }, other) == .full(.permanentPuts))
    #expect(fill({ $0.permanentPutsPerKey = 1 }, other) == .full(.permanentPutsPerKey))
    #expect(fill({ $0.permanentPutBytes = 40 }, other) == .full(.permanentPutBytes))
    #expect(fill({ $0.permanentPutsPerAddress = 1 }, other) == nil)
    #expect(fill({ $0.permanentPutsPerAddress = 1 }, request("b")) == .full(.permanentPutsPerAddress))
    #expect(fill({ $0.permanentPutsPerToken = 1 }, request("b")) == nil)
    #expect(fill({ $0.permanentPutsPerToken = 1 }, request("b", context("t"))) == .full(.permanentPutsPerToken))
  }

  @Test("Whoever fills a key does not close it to those who have a put there")
  func fullKey() throws {
    var limits = limits
    limits.permanentPutsPerKey = 8
    limits.reservedPutsPerKey = 3
    var puts = PermanentPuts(limits)
    for id in 1...9 as ClosedRange<UInt64> {
      _ = try? puts.put(request("a", id: id), drawing: 1, now: start)
      if id == 1 { _ = try puts.put(request("b", id: 100, from: 2), drawing: 1, now: start) }
    }
    #expect(puts.count == 8)
    for id in [101, 102] as [UInt64] { _ = try puts.put(request("b", id: id, from: 2), drawing: 1, now: start) }
    for address in 1...3 as ClosedRange<UInt32> {
      #expect(throws: RegistrationRefusal.full(.permanentPutsPerKey)) {
        try puts.put(request("b", id: 103, from: address), drawing: 1, now: start)
      }
    }
  }

  @Test("A dead token is forgotten; its puts stay")
  func deadToken() throws {
    var puts = PermanentPuts(limits)
    _ = try puts.put(request("a", id: 5, context("t")), drawing: 1, now: start)
    _ = try puts.put(request("b", id: 6, context("u")), drawing: 1, now: start)
    #expect(puts.dropToken("t") == [.savePut(id(5))])
    #expect(puts.dropToken("t").isEmpty && puts.count == 2)
    #expect(puts.advance(to: start + Self.hour * 23).count == 1)
    #expect(puts.advance(to: start + Self.hour * 24).count == 4)
  }

  @Test("Renewals and removals leave no more behind than there is")
  func deadlines() {
    var deadlines = Deadlines<Int>()
    for round in 0..<10_000 {
      deadlines.set(round % 10, at: start + .seconds(100_000 - round))
      deadlines.remove((round + 5) % 10)
      #expect(deadlines.queuedCount <= 2 * 10 + 65)
    }
    deadlines.set(1, at: start + .seconds(5))
    deadlines.set(1, at: start + .seconds(9))
    #expect(deadlines.popDue(start + .seconds(8)) == nil)
    #expect(deadlines.popDue(start + .seconds(9)) == 1)
    #expect(deadlines.popDue(start + .seconds(9)) == nil)
  }
}

/// Small and the same in every run.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}
