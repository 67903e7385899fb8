@testable import DHTTransport
import DHTCore
import DHTModel
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ResolverTests {
  private func resolve(_ name: String, _ families: Set<AddressFamily> = [.ipv4, .ipv6]) async -> [DHTModel
    .SocketAddress]
  {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    return await withCheckedContinuation { continuation in
      Resolver.shared.resolve(Host(name: name, port: 4223), families, on: loop) { addresses in
        loop.preconditionInEventLoop()
        continuation.resume(returning: addresses)
      }
    }
  }

  @Test(
    "addresses in digits need no lookup",
    arguments: [
      ("127.0.0.1", "127.0.0.1:4223"), ("::1", "[::1]:4223"), ("2001:db8::7", "[2001:db8::7]:4223"),
      ("::ffff:192.0.2.7", "192.0.2.7:4223"), ("fe80::1%3", "[fe80::1]:4223"),
    ])
  func literals(text: String, address: String) async {
    #expect(Resolver.literal(Host(name: text, port: 4223))?.description == address)
    #expect(await resolve(text).map(\.description) == [address])
  }

  @Test("the interface of a link-local address is kept") func scope() {
    #expect(Resolver.literal(Host(name: "fe80::1%3", port: 1))?.scope == 3)
    #expect(Resolver.literal(Host(name: "fe80::1%lo", port: 1))?.scope == 1)
  }

  @Test(
    "names are not taken for addresses",
    arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "::1::", "127.0.0.1%lo", "%"])
  func names(text: String) {
    #expect(Resolver.literal(Host(name: text, port: 1)) == nil)
  }

  @Test("a name gives every address of the families asked for") func lookup() async {
    let all = await resolve("localhost")
    #expect(all.contains { $0.description == "127.0.0.1:4223" })
    #expect(await resolve("localhost", [.ipv4]).allSatisfy { $0.family == .ipv4 })
    #expect(await resolve("127.0.0.1", [.ipv6]) == [])
  }

  @Test("a name without address gives none") func unknown() async {
    #expect(await resolve("no-such-host.invalid") == [])
  }

  @Test("W-50: many lookups at once are all answered") func many() async {
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<400 { group.addTask { await resolve("localhost", [.ipv4]).count } }
      var found = 0
      for await count in group where count > 0 { found += 1 }
      #expect(found == 400)
    }
  }

  /// Look-ups that block until they are let go.
  private final class SlowNames: Sendable {
    /// How many look-ups have begun.
    let begun = ConditionLock(value: 0)
    private let count = NIOLockedValueBox(0)
    /// 1 when they may end.
    let gate = ConditionLock(value: 0)
    let wasOnLoop = NIOLockedValueBox(false)
    private let loops = MultiThreadedEventLoopGroup.singleton

    @Sendable func lookUp(_ host: Host) -> [DHTModel.SocketAddress] {
      let isOnLoop = loops.makeIterator().contains { $0.inEventLoop }
      wasOnLoop.withLockedValue { $0 = $0 || isOnLoop }
      begun.lock()
      begun.unlock(
        withValue: count.withLockedValue { count in
          count += 1
          return count
        })
      gate.lock(whenValue: 1)
      gate.unlock()
      return [DHTModel.SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: host.port)]
    }
    /// Waits until that many look-ups are blocked; false after five seconds.
    func awaitBegun(_ count: Int) -> Bool {
      guard begun.lock(whenValue: count, timeoutSeconds: 5) else { return false }
      begun.unlock()
      return true
    }
    func open() {
      gate.lock()
      gate.unlock(withValue: 1)
    }
  }

  @Test("W-50: lookups that block run on threads of their own: every loop goes on meanwhile") func otherThreads()
    async throws
  {
    let names = SlowNames()
    let resolver = Resolver(names.lookUp)
    let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
    let answers = NIOLockedValueBox(0)
    for number in 0..<6 {
      resolver.resolve(Host(name: "slow\(number)", port: 1), [.ipv4], on: loops[number % loops.count]) { addresses in
        if addresses.count == 1 { answers.withLockedValue { $0 += 1 } }
      }
    }
    #expect(names.awaitBegun(Resolver.threads), "four at a time")
    // Each thread of a look-up is blocked now, and no loop is.
    for loop in loops { try await loop.submit {}.get() }
    #expect(answers.withLockedValue { $0 } == 0 && names.begun.value == Resolver.threads)
    names.open()
    #expect(names.awaitBegun(6))
    while answers.withLockedValue({ $0 }) < 6 { await Task.yield() }
    #expect(!names.wasOnLoop.withLockedValue { $0 })
  }

  @Test("equal lookups are one, and each caller gets the families it asked for") func merged() async throws {
    let names = SlowNames()
    let resolver = Resolver(names.lookUp)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let counts = NIOLockedValueBox<[Int]>([])
    for families in [[.ipv4], [.ipv6], [.ipv4, .ipv6]] as [Set<AddressFamily>] {
      resolver.resolve(Host(name: "dead", port: 1), families, on: loop) { addresses in
        counts.withLockedValue { $0.append(addresses.count) }
      }
    }
    resolver.resolve(Host(name: "dead", port: 2), [.ipv4], on: loop) { addresses in
      counts.withLockedValue { $0.append(Int(addresses[0].port) * 10) }
    }
    #expect(names.awaitBegun(2), "one for each port")
    names.open()
    while counts.withLockedValue({ $0.count }) < 4 { await Task.yield() }
    #expect(counts.withLockedValue { $0.sorted() } == [0, 1, 1, 20] && names.begun.value == 2)
  }

  @Test("more callers than may wait get no address, at once") func bounded() async throws {
    let names = SlowNames()
    let resolver = Resolver(names.lookUp)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let counts = NIOLockedValueBox<[Int]>([])
    for _ in 0..<Resolver.maximumWaiters + 3 {
      resolver.resolve(Host(name: "dead", port: 1), [.ipv4], on: loop) { addresses in
        counts.withLockedValue { $0.append(addresses.count) }
      }
    }
    while counts.withLockedValue({ $0.count }) < 3 { await Task.yield() }
    #expect(counts.withLockedValue { $0 } == [0, 0, 0])
    names.open()
    while counts.withLockedValue({ $0.count }) < Resolver.maximumWaiters + 3 { await Task.yield() }
    #expect(counts.withLockedValue { $0.reduce(0, +) } == Resolver.maximumWaiters)
  }
}
