#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
internal import DHTCore
internal import DHTModel
internal import NIOCore
internal import NIOConcurrencyHelpers
internal import NIOPosix

/// Finds the addresses of hosts, away from the event loops: a lookup may block for half a minute.
final class Resolver: Sendable {
  /// Serves all nodes of the process.
  static let shared = Resolver()

  /// Lookups at a time, each a blocked thread. Two, so that one dead name does not hold up the others.
  private static let threads = 2
  /// Lookups that run or wait: each node of a crowd may ask at once, and one costs about 200 bytes. Beyond it a name has
  /// no address for now; the node tries again.
  private static let maximumLookups = 4096

  private let pool: NIOThreadPool
  private let lookups = NIOLockedValueBox(0)

  private init() {
    pool = NIOThreadPool(numberOfThreads: Self.threads)
    pool.start()
  }

  /// Finds every address of a host in the given families, in the system's order of preference, and answers on the loop.
  /// The answer is empty when there is none. An address in digits needs no lookup.
  func resolve(
    _ host: Host, _ families: Set<AddressFamily>, on loop: any EventLoop,
    _ done: @escaping @Sendable ([Address]) -> Void
  ) {
    if let literal = Self.literal(host) {
      loop.execute { done(families.contains(literal.family) ? [literal] : []) }
      return
    }
    let isRoom = lookups.withLockedValue { count in
      guard count < Self.maximumLookups else { return false }
      count += 1
      return true
    }
    guard isRoom else { return loop.execute { done([]) } }
    pool.submit { [lookups] state in
      let addresses = state == .active ? Self.lookUp(host, families) : []
      lookups.withLockedValue { $0 -= 1 }
      loop.execute { done(addresses) }
    }
  }
}

extension Resolver {
  /// The address that a name of digits stands for, with an interface after `%`.
  static func literal(_ host: Host) -> Address? {
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

  /// Blocks.
  private static func lookUp(_ host: Host, _ families: Set<AddressFamily>) -> [Address] {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = datagramSocketType
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host.name, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [Address] = []
    var next = list
    while let entry = next {
      if let address = address(entry.pointee, port: host.port), families.contains(address.family),
        !addresses.contains(address)
      {
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
