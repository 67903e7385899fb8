import DHTProxyClient
import OpenDHT
import Testing

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Against a server that runs already, of any kind: DHT_PROXY_URL=http://127.0.0.1:8088 swift test --filter RealServer
@Suite("A real server", .enabled(if: getenv("DHT_PROXY_URL") != nil), .serialized)
struct RealServerTests {
  private func client(_ change: (inout DHT.Configuration) -> Void = { _ in }) throws -> DHT {
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(
      try ProxyConfiguration(getenv("DHT_PROXY_URL").map { String(cString: $0) } ?? ""))
    change(&configuration)
    return DHT(configuration)
  }

  @Test("Put, get, query, listen, cancel", .timeLimit(.minutes(2)))
  func putGetListen() async throws {
    let dht = try client()
    try await dht.start()
    try await dht.waitUntilConnected()
    print("connected", await dht.status, dht.nodeID)
    let key = InfoHash.random()
    let receipt = try await dht.put(Value("hello", id: 7), at: key)
    print(receipt)
    #expect(receipt.isStored && receipt.valueID == 7)
    let empty = try await dht.put(Value([], id: 8), at: key, verify: true)
    print(empty)
    let found = try await dht.get(key)
    #expect(found.values.contains(Value("hello", id: 7)))
    print(found.values)
    var records: [FieldRecord] = []
    for await record in dht.query(Query(select: [.id, .userType]), at: key) { records.append(record) }
    #expect(records.count == found.values.count)
    let listen = dht.listen(to: key, where: [.userType("text/plain")])
    var changes = listen.makeAsyncIterator()
    #expect(await changes.next(isolation: nil) == .added(Value("hello", id: 7)))
    try await dht.put(Value([1, 2], type: 5, id: 10), at: key)
    try await dht.put(Value([1, 2], userType: "text/plain", type: 5, id: 9), at: key)
    let start = ContinuousClock.now
    #expect(await changes.next(isolation: nil) == .added(Value([1, 2], userType: "text/plain", type: 5, id: 9)))
    #expect(await changes.next(isolation: nil) == .expired(Value([1, 2], userType: "text/plain", type: 5, id: 9)))
    print("expired after", ContinuousClock.now - start)
    listen.cancel()
    await dht.stop()
  }

  @Test("Permanent and signed puts, encrypted values", .timeLimit(.minutes(2)))
  func signed() async throws {
    let identity = try Identity.generate(name: "proxied", bits: 2048)
    let dht = try client { $0.identity = identity }
    try await dht.start()
    try await dht.waitUntilConnected()
    let key = InfoHash.random()
    try await dht.putSigned(Value("one", id: 7), at: key)
    let second = try await dht.putSigned(Value("two", id: 7), at: key)
    #expect(second.sequence == 1)
    let found = try await dht.get(key)
    #expect(found.values.map(\.text) == ["two"])
    #expect(found.values.first?.signerID == identity.id)
    try await dht.putEncrypted(Value("secret"), for: .id(identity.id), at: key)
    #expect(try await dht.get(key).values.contains { $0.text == "secret" && $0.wasEncrypted })
    let other = try client()
    try await other.start()
    try await other.waitUntilConnected()
    let seen = try await other.get(key)
    print(seen.values.count, seen.outcome)
    #expect(seen.outcome.refused == 1)
    let permanent = try await dht.put(Value("stays", id: 3), at: key, permanent: true)
    print(permanent)
    #expect(await dht.announcedValues(at: key).map(\.id) == [3])
    #expect(await dht.cancelPut(3, at: key))
    await other.stop()
    await dht.stop()
  }
}

extension RealServerTests {
  @Test("A subscription, a push handed on by us, its end", .timeLimit(.minutes(2)))
  func push() async throws {
    var proxy = try ProxyConfiguration(getenv("DHT_PROXY_URL").map { String(cString: $0) } ?? "")
    proxy.push = ProxyConfiguration.Push(token: "TOKEN", clientID: "me", platform: .android)
    proxy.limits.parting = .seconds(3)
    let dht = try client { $0.backend = .proxy(proxy) }
    try await dht.start()
    try await dht.waitUntilConnected()
    let key = InfoHash.random()
    try await dht.put(Value("one", id: 1), at: key)
    let listen = dht.listen(to: key)
    var changes = listen.makeAsyncIterator()
    #expect(await changes.next(isolation: nil) == .added(Value("one", id: 1)))
    try await dht.put(Value("two", id: 2), at: key)
    #expect(await dht.pushNotificationReceived(["key": "\(key)", "t": "1"]) == .values)
    #expect(await changes.next(isolation: nil) == .added(Value("two", id: 2)))
    await dht.setPushToken("OTHER")
    #expect(await dht.pushNotificationReceived(["key": "\(key)", "exp": "2"]) == .valuesExpired)
    #expect(await changes.next(isolation: nil) == .expired(Value("two", id: 2)))
    listen.cancel()
    try await Task.sleep(for: .seconds(6))
    await dht.stop()
  }
}

/// `DHT_PROXY_SCRIPT` names a command that is called with `kill` and with `start`; it must return at once.
@Suite("A real server that dies", .enabled(if: getenv("DHT_PROXY_SCRIPT") != nil), .serialized)
struct DyingServerTests {
  private func run(_ argument: String) {
    guard let script = getenv("DHT_PROXY_SCRIPT") else { return }
    _ = system("\(String(cString: script)) \(argument)")
  }

  @Test("Killed and restarted: listens and permanent values go on", .timeLimit(.minutes(5)))
  func restarted() async throws {
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(
      try ProxyConfiguration(getenv("DHT_PROXY_URL").map { String(cString: $0) } ?? ""))
    let dht = DHT(configuration)
    try await dht.start()
    try await dht.waitUntilConnected()
    let key = InfoHash.random()
    let start = ContinuousClock.now
    func note(_ text: String) { print(ContinuousClock.now - start, text) }
    let listen = dht.listen(to: key)
    let reader = Task {
      for await change in listen { note("listen: \(change)".prefix(60).description) }
    }
    let watcher = Task { for await status in dht.statusUpdates { note("status: \(status.ipv4)") } }
    try await dht.put(Value("stays", id: 1), at: key, permanent: true)
    try await dht.put(Value("minute", id: 2).withType(5), at: key)
    try await Task.sleep(for: .seconds(2))
    note("killed")
    run("killb")
    try await Task.sleep(for: .seconds(20))
    note("started")
    run("startb")
    let isBack = await eventually(within: .seconds(70)) { await dht.status.best == .connected }
    #expect(isBack)
    note("connected")
    let other = try await dht.put(Value("after", id: 3), at: key)
    note("put \(other.isStored)")
    try await Task.sleep(for: .seconds(70))
    let found = try await dht.get(key)
    note("found \(found.values.map(\.id))")
    #expect(found.values.contains { $0.id == 1 })
    listen.cancel()
    await dht.stop()
    await reader.value
    await watcher.value
  }
}

extension Value {
  /// The same with another type.
  fileprivate func withType(_ type: UInt16) -> Value { Value(data, type: type, id: id) }
}

/// Figures, for people.
@Suite("How fast and how large", .enabled(if: getenv("DHT_PROXY_URL") != nil && getenv("DHT_PROXY_MEASURE") != nil))
struct MeasuringTests {
  @Test("Listens and requests", .timeLimit(.minutes(3)))
  func measure() async throws {
    let count = getenv("DHT_PROXY_MEASURE").flatMap { Int(String(cString: $0)) } ?? 1000
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(
      try ProxyConfiguration(getenv("DHT_PROXY_URL").map { String(cString: $0) } ?? ""))
    let dht = DHT(configuration)
    try await dht.start()
    try await dht.waitUntilConnected()
    let key = InfoHash.random()
    try await dht.put(Value("x", id: 1), at: key)
    for (name, work) in [
      ("get", { @Sendable in _ = try await dht.get(key) }),
      ("put", { @Sendable in _ = try await dht.put(Value("y"), at: .random()) }),
    ] as [(String, @Sendable () async throws -> Void)] {
      let time = try await ContinuousClock().measure {
        try await withThrowingTaskGroup { group in
          for _ in 0..<16 {
            group.addTask { for _ in 0..<100 { try await work() } }
          }
          try await group.waitForAll()
        }
      }
      print(
        name, Int(1600 / (Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)), "a second")
    }
    let before = residentKilobytes()
    let keys = (0..<count).map { _ in InfoHash.random() }
    let time = try await ContinuousClock().measure {
      try await withThrowingTaskGroup { group in
        for key in keys {
          group.addTask {
            var changes = dht.listen(to: key).makeAsyncIterator()
            #expect(await changes.next(isolation: nil)?.text == "z")
            try await Task.sleep(for: .seconds(20))
          }
        }
        try await Task.sleep(for: .seconds(3))
        print("listens", count, "kB each", Double(residentKilobytes() - before) / Double(count))
        for key in keys { try await dht.put(Value("z", id: 1), at: key) }
        print("all put")
        try await group.waitForAll()
      }
    }
    print("in all", time)
    await dht.stop()
  }
}

private func residentKilobytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var text = [CChar](repeating: 0, count: 200)
  guard fgets(&text, 200, file) != nil else { return 0 }
  let words = String(decoding: text.map { UInt8(bitPattern: $0) }.prefix { $0 != 0 }, as: UTF8.self).split(
    separator: " ")
  return words.count > 1 ? (Int(words[1]) ?? 0) * 4 : 0
}

extension ListenChange {
  fileprivate var text: String? {
    if case .added(let value) = self { value.text } else { nil }
  }
}
