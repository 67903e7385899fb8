import DHTModel
import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

/// Push subscriptions in virtual time. (proxy.md §8)
@Suite struct SubscriptionsTests {
  private static let hour = Duration.seconds(3600)
  private let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
  private let start = Instant(nanoseconds: 0)
  private var limits: RegistrationLimits {
    var limits = RegistrationLimits()
    limits.reminderSpread = .zero
    return limits
  }
  private func context(_ token: String = "t", client: String = "c", session: String = "s", secret: String = "")
    -> PushContext
  {
    PushContext(token: token, clientID: client, platform: .android, sessionID: session, secret: secret)
  }
  private func id(_ token: String = "t", client: String = "c") -> Subscription.ID {
    .init(token: token, key: key, clientID: client)
  }
  private func value(_ id: Value.ID, priority: UInt64 = 0, pushType: String = "") -> Value {
    Value(id: id, content: .plain(.init(data: [])), priority: priority, pushTypeBytes: Array(pushType.utf8))
  }
  private func push(_ value: Value, expired: Bool = false, to context: PushContext) -> RegistrationEffect {
    .push(PushNotification(of: [value], areExpired: expired, at: key, to: context, time: 0))
  }

  @Test("X-52 X-53: new, known without refresh, known with refresh")
  func subscribe() throws {
    var subscriptions = Subscriptions(limits)
    func subscribe(_ context: PushContext, refresh: Bool = false) throws -> (SubscriptionOutcome, [RegistrationEffect])
    {
      try subscriptions.subscribe(SubscribeBody(context, isRefresh: refresh), at: key, from: nil, now: start)
    }
    #expect(try subscribe(context(), refresh: true) == (.new, [.listen(key), .saveSubscription(id())]))
    #expect(try subscribe(context()) == (.known, [.saveSubscription(id()), .renewPushes(id())]))
    #expect(try subscribe(context(), refresh: true) == (.refreshed, [.saveSubscription(id()), .renewPushes(id())]))
    // Several clients of one token, and one listen for all.
    #expect(try subscribe(context(client: "d")) == (.new, [.saveSubscription(id(client: "d"))]))
    #expect(subscriptions.count == 2 && subscriptions.tokenCount == 1)
  }

  @Test("X-57 X-58: each subscriber is told of each change; X-59: with the session of its last SUBSCRIBE")
  func changes() throws {
    var subscriptions = Subscriptions(limits)
    for client in ["c", "d"] {
      _ = try subscriptions.subscribe(SubscribeBody(context(client: client)), at: key, from: nil, now: start)
    }
    let urgent = value(1, pushType: "call")
    #expect(
      subscriptions.changed(.added(urgent), at: key) == [
        push(urgent, to: context()), push(urgent, to: context(client: "d")),
      ])
    _ = try subscriptions.subscribe(SubscribeBody(context(session: "s3")), at: key, from: nil, now: start)
    let normal = value(2, priority: 1)
    #expect(subscriptions.changed(.added(normal), at: key).first == push(normal, to: context(session: "s3")))
    #expect(
      subscriptions.changed(.expired(normal), at: key).first == push(normal, expired: true, to: context(session: "s3")))
  }

  @Test("What is told again unchanged, as by a listen that began anew, is not pushed again; an edit is")
  func unchanged() throws {
    var subscriptions = Subscriptions(limits)
    _ = try subscriptions.subscribe(SubscribeBody(context()), at: key, from: nil, now: start)
    #expect(subscriptions.changed(.added(Value("a", id: 1)), at: key).count == 1)
    #expect(subscriptions.changed(.added(Value("a", id: 1)), at: key).isEmpty)
    #expect(subscriptions.changed(.updated(Value("b", id: 1)), at: key).count == 1)
    #expect(subscriptions.changed(.added(Value("a", id: 1)), at: InfoHash(1, 2, 3, 4, 5)).isEmpty)
  }

  @Test("X-58: a later subscriber of a key is told of its values as one push")
  func lateSubscriber() throws {
    var subscriptions = Subscriptions(limits)
    _ = try subscriptions.subscribe(SubscribeBody(context()), at: key, from: nil, now: start)
    for id in UInt64(1)...3 { _ = subscriptions.changed(.added(value(id)), at: key) }
    _ = subscriptions.changed(.expired(value(2)), at: key)
    let effects = try subscriptions.subscribe(SubscribeBody(context("u")), at: key, from: nil, now: start).1
    let told = PushNotification(of: [value(1), value(3)], areExpired: false, at: key, to: context("u"), time: 0)
    #expect(effects == [.push(told), .saveSubscription(id("u"))])
  }

  @Test("X-60: the end of one client's subscription leaves the others; the last one's ends the listen")
  func unsubscribe() throws {
    var subscriptions = Subscriptions(limits)
    for client in ["c", "d"] {
      _ = try subscriptions.subscribe(SubscribeBody(context(client: client)), at: key, from: nil, now: start)
    }
    #expect(
      try subscriptions.unsubscribe(UnsubscribeBody(token: "t", clientID: "c"), at: key)
        == [.dropPushes(id()), .saveSubscription(id())])
    #expect(try subscriptions.unsubscribe(UnsubscribeBody(token: "t", clientID: "c"), at: key).isEmpty)
    #expect(subscriptions.changed(.added(value(1)), at: key) == [push(value(1), to: context(client: "d"))])
    #expect(
      try subscriptions.unsubscribe(UnsubscribeBody(token: "t", clientID: "d"), at: key).last == .unlisten(key))
    #expect(subscriptions.count == 0 && subscriptions.byteCount == 0 && subscriptions.tokenCount == 0)
  }

  @Test("X-61: a push with timeout at 22 h, the end at 24 h, both after the last SUBSCRIBE")
  func timeout() throws {
    var subscriptions = Subscriptions(limits)
    _ = try subscriptions.subscribe(SubscribeBody(context()), at: key, from: nil, now: start)
    _ = try subscriptions.subscribe(
      SubscribeBody(context(session: "s2")), at: key, from: nil, now: start + Self.hour * 5)
    #expect(subscriptions.advance(to: start + Self.hour * 27 - .seconds(1)).isEmpty)
    #expect(
      subscriptions.advance(to: start + Self.hour * 27)
        == [.push(PushNotification(timeoutAt: key, to: context(session: "s2")))])
    #expect(subscriptions.advance(to: start + Self.hour * 29 - .seconds(1)).isEmpty)
    #expect(
      subscriptions.advance(to: start + Self.hour * 29) == [.dropPushes(id()), .saveSubscription(id()), .unlisten(key)])
    #expect(subscriptions.nextDeadline == nil)
  }

  @Test("A subscription with a secret is neither renewed nor ended without it")
  func secret() throws {
    var subscriptions = Subscriptions(limits)
    _ = try subscriptions.subscribe(SubscribeBody(context(secret: "x")), at: key, from: nil, now: start)
    #expect(subscriptions.entries[id()]?.context.secret == "")
    #expect(throws: RegistrationRefusal.wrongSecret) {
      try subscriptions.subscribe(SubscribeBody(context()), at: key, from: nil, now: start)
    }
    #expect(throws: RegistrationRefusal.wrongSecret) {
      try subscriptions.unsubscribe(UnsubscribeBody(token: "t", clientID: "c"), at: key)
    }
    #expect(
      try subscriptions.subscribe(SubscribeBody(context(secret: "x")), at: key, from: nil, now: start).0 == .known)
    _ = try subscriptions.unsubscribe(UnsubscribeBody(token: "t", clientID: "c", secret: "x"), at: key)
    #expect(subscriptions.count == 0)
  }

  @Test("Every bound refuses with its own words")
  func bounds() throws {
    func fill(_ token: String, _ otherKey: Bool, _ change: (inout RegistrationLimits) -> Void) -> RegistrationRefusal? {
      var limits = limits
      change(&limits)
      var subscriptions = Subscriptions(limits)
      let address = IPAddress(ipv6High: 1, low: 2), neighbour = IPAddress(ipv6High: 1, low: 3)
      do throws(RegistrationRefusal) {
        _ = try subscriptions.subscribe(SubscribeBody(context()), at: key, from: address, now: start)
        _ = try subscriptions.subscribe(SubscribeBody(context()), at: key, from: address, now: start)
        let second = otherKey ? InfoHash(1, 2, 3, 4, 5) : key
        _ = try subscriptions.subscribe(SubscribeBody(context(token)), at: second, from: neighbour, now: start)
        return nil
      } catch {
        #expect(error.answer.status == 429)
        return error
      }
    }
    #expect(fill("u", true) { _ in } == nil)
    #expect(fill("u", true) { $0.subscriptions = 1 } == .full(.subscriptions))
    #expect(fill("u", true) { $0.subscribedKeys = 1 } == .full(.subscribedKeys))
    #expect(fill("u", false) { $0.subscribedKeys = 1 } == nil)
    #expect(fill("u", false) { $0.subscriptionsPerKey = 1 } == .full(.subscriptionsPerKey))
    #expect(fill("t", true) { $0.subscriptionsPerToken = 1 } == .full(.subscriptionsPerToken))
    #expect(fill("u", true) { $0.subscriptionsPerToken = 1 } == nil)
    #expect(fill("u", true) { $0.subscriptionsPerAddress = 1 } == .full(.subscriptionsPerAddress))
    #expect(fill("u", true) { $0.subscriptionBytes = 15 } == .full(.subscriptionBytes))
  }

  @Test("A dead token takes all its subscriptions with it")
  func deadToken() throws {
    var subscriptions = Subscriptions(limits)
    for client in ["c", "d"] {
      _ = try subscriptions.subscribe(SubscribeBody(context(client: client)), at: key, from: nil, now: start)
    }
    _ = try subscriptions.subscribe(SubscribeBody(context("u")), at: key, from: nil, now: start)
    #expect(subscriptions.dropToken("t").count == 4)
    #expect(subscriptions.count == 1 && subscriptions.keys[key]?.subscribers == [id("u")])
  }
}
