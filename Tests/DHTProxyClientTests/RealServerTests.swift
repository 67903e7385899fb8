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
///
/// `DHT_PROXY_KILL` names a command that kills and restarts it.
@Suite("A real server", .enabled(if: getenv("DHT_PROXY_URL") != nil), .serialized)
struct RealServerTests {
  private func client(_ change: (inout DHT.Configuration) -> Void = { _ in }) throws -> DHT {
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(
      try ProxyConfiguration(getenv("DHT_PROXY_URL").map { String(cString: $0) } ?? ""))
    change(&configuration)
    return DHT(configuration)
  }

  @Test("X-72: put, get, query, listen, cancel", .timeLimit(.minutes(2)))
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

  @Test("X-72: permanent and signed puts, encrypted values", .timeLimit(.minutes(2)))
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
