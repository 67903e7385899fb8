#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
package import DHTCore
package import DHTModel
package import NIOCore
internal import NIOConcurrencyHelpers
internal import NIOPosix

/// Finds the addresses of hosts, away from the event loops: a look-up may block for half a minute.
package final class Resolver: Sendable {
  /// Serves all nodes of the process.
  package static var shared: Resolver { ofProcess.withLockedValue { $0.current } }
  private static let ofProcess = NIOLockedValueBox(PerProcess { Resolver() })

  /// Look-ups at a time, each a blocked thread, so that three dead names do not hold up a fourth.
  static let threads = 4
  /// Callers that wait, in all: each node of a crowd may ask at once, and one costs about 200 bytes. Beyond it a name has
  /// no address for now; the node tries again.
  static let maximumWaiters = 4096

  fileprivate struct Waiter: Sendable {
    let families: Set<AddressFamily>
    let loop: any EventLoop
    let done: @Sendable ([Address]) -> Void
  }
  fileprivate struct State {
    /// Who waits for each look-up that runs or is to run. Equal look-ups are one.
    var waiters: [Host: [Waiter]] = [:]
    var count = 0
  }

  private let pool = NIOThreadPool(numberOfThreads: Resolver.threads)
  private let state = NIOLockedValueBox(State())
  private let lookUp: @Sendable (Host) -> [DHTModel.SocketAddress]

  /// A resolver with threads of its own. `lookUp` may block; tests put slow names there.
  package init(_ lookUp: @escaping @Sendable (Host) -> [DHTModel.SocketAddress] = Resolver.systemLookUp) {
    self.lookUp = lookUp
    pool.start()
  }
  deinit { pool.shutdownGracefully { _ in } }

  /// Finds every address of a host in the given families, in the system's order of preference, and answers on the loop.
  /// The answer is empty when there is none. An address in digits needs no look-up.
  package func resolve(
    _ host: Host, _ families: Set<AddressFamily>, on loop: any EventLoop,
    _ done: @escaping @Sendable ([DHTModel.SocketAddress]) -> Void
  ) {
    if let literal = Self.literal(host)?.orThisMachine {
      loop.execute { done(families.contains(literal.family) ? [literal] : []) }
      return
    }
    let waiter = Waiter(families: families, loop: loop, done: done)
    switch state.withLockedValue({ $0.admit(waiter, host) }) {
    case .full: loop.execute { done([]) }
    case .joined: break
    case .first:
      pool.submit { [self] state in answer(host, state == .active ? lookUp(host) : []) }
    }
  }

  private func answer(_ host: Host, _ addresses: [Address]) {
    for waiter in state.withLockedValue({ $0.release(host) }) {
      waiter.loop.execute { waiter.done(addresses.filter { waiter.families.contains($0.family) }) }
    }
  }
}

extension Resolver.State {
  fileprivate enum Admission { case first, joined, full }

  fileprivate mutating func admit(_ waiter: Resolver.Waiter, _ host: Host) -> Admission {
    guard count < Resolver.maximumWaiters else { return .full }
    count += 1
    let isFirst = waiters[host] == nil
    waiters[host, default: []].append(waiter)
    return isFirst ? .first : .joined
  }

  fileprivate mutating func release(_ host: Host) -> [Resolver.Waiter] {
    let released = waiters.removeValue(forKey: host) ?? []
    count -= released.count
    return released
  }
}

extension Resolver {
  /// The address that a name of digits stands for, with an interface after `%`.
  package static func literal(_ host: Host) -> DHTModel.SocketAddress? {
    let parts = host.name.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard let digits = parts.first, !digits.isEmpty else { return nil }
    var v4 = in_addr()
    if parts.count == 1, inet_pton(AF_INET, String(digits), &v4) == 1 {
      return Address(ip: IPAddress(ipv4: UInt32(bigEndian: v4.s_addr)), port: host.port)
    }
    var v6 = in6_addr()
    guard inet_pton(AF_INET6, String(digits), &v6) == 1,
      let ip = withUnsafeBytes(of: v6, { IPAddress(bytes: Array($0)) })
    else { return nil }
    let scope = parts.count == 2 ? UInt32(parts[1]) ?? if_nametoindex(String(parts[1])) : 0
    return Address(ip: ip, port: host.port, scope: scope).unmapped
  }

  /// Asks the system. Blocks.
  @Sendable package static func systemLookUp(_ host: Host) -> [DHTModel.SocketAddress] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = datagramSocketType
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host.name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [Address] = []
    var next = list
    while let entry = next {
      if let address = address(entry.pointee, port: host.port)?.orThisMachine, !addresses.contains(address) {
        addresses.append(address)
      }
      next = entry.pointee.ai_next
    }
    return addresses
  }

  private static func address(_ entry: addrinfo, port: UInt16) -> Address? {
    guard let raw = entry.ai_addr else { return nil }
    let bytes = UnsafeRawPointer(raw)
    let address: Address
    switch entry.ai_family {
    case AF_INET: address = Address(bytes.loadUnaligned(as: sockaddr_in.self))
    case AF_INET6: address = Address(bytes.loadUnaligned(as: sockaddr_in6.self))
    default: return nil
    }
    return Address(ip: address.ip, port: port, scope: address.scope)
  }
}

extension DHTModel.SocketAddress {
  /// The address, or that of the loopback in place of `0.0.0.0` and `::`: those mean this machine, as in connect(2), and
  /// programs give what a node has bound.
  fileprivate var orThisMachine: DHTModel.SocketAddress {
    guard ip.bytes.allSatisfy({ $0 == 0 }) else { return self }
    let loopback = ip.family == .ipv4 ? IPAddress(ipv4: 0x7f00_0001) : IPAddress(ipv6High: 0, low: 1)
    return DHTModel.SocketAddress(ip: loopback, port: port)
  }
}
