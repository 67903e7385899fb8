@testable import DHTTransport
import DHTCore
import DHTModel
import NIOCore
import NIOPosix
import Testing

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

  @Test("W-50: many lookups at once are all answered, on two threads of their own") func many() async {
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<400 { group.addTask { await resolve("localhost", [.ipv4]).count } }
      var found = 0
      for await count in group where count > 0 { found += 1 }
      #expect(found == 400)
    }
  }
}
