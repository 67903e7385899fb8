import DHTModel

/// A router: many private addresses, one public one. Each private socket has one public port for all its peers.
struct NAT {
  let publicIP: IPAddress
  let model: NATModel
  private var mappings: [SocketAddress: Mapping] = [:]
  private var insides: [UInt16: SocketAddress] = [:]
  private var nextPort = Self.firstPort
  /// First port given out.
  private static let firstPort: UInt16 = 20000
  /// Packets from outside that found no mapping, or one not opened for them.
  private(set) var refused = 0

  private struct Mapping {
    let port: UInt16
    var lastUse: Instant
    /// When each peer was last sent to; its port is 0 under `Filter.byAddress`.
    var peers: [SocketAddress: Instant]
  }

  init(publicIP: IPAddress, model: NATModel) {
    self.publicIP = publicIP
    self.model = model
  }

  /// The public source of a packet that leaves; opens or renews the mapping.
  mutating func translate(outgoing inside: SocketAddress, to peer: SocketAddress, now: Instant) -> SocketAddress {
    if let old = mappings[inside], isOver(old.lastUse, now) { remove(inside) }
    if mappings[inside] == nil {
      guard let port = freePort(now) else { return inside }
      mappings[inside] = Mapping(port: port, lastUse: now, peers: [:])
      insides[port] = inside
    }
    guard let port = mappings[inside]?.port else { return inside }
    mappings[inside]?.lastUse = now
    let peer = key(of: peer)
    mappings[inside]?.peers[peer] = now
    return SocketAddress(ip: publicIP, port: port)
  }

  /// The private destination of a packet that arrives; nil when it is dropped.
  mutating func translate(incoming port: UInt16, from peer: SocketAddress, now: Instant) -> SocketAddress? {
    guard let inside = insides[port], let mapping = mappings[inside], !isOver(mapping.lastUse, now) else {
      refused += 1
      return nil
    }
    if case .open = model.filter { return inside }
    guard let sent = mapping.peers[key(of: peer)], !isOver(sent, now) else {
      refused += 1
      return nil
    }
    return inside
  }

  /// Forgets every mapping: the next packets leave from other ports, as after a reboot.
  mutating func rebind() {
    mappings = [:]
    insides = [:]
  }

  /// The next port that no living mapping has; nil when all are taken.
  private mutating func freePort(_ now: Instant) -> UInt16? {
    for _ in Self.firstPort ... .max {
      nextPort = nextPort == .max ? Self.firstPort : nextPort + 1
      guard let holder = insides[nextPort] else { return nextPort }
      guard let mapping = mappings[holder], !isOver(mapping.lastUse, now) else {
        remove(holder)
        return nextPort
      }
    }
    return nil
  }

  private func isOver(_ use: Instant, _ now: Instant) -> Bool { now - use > model.timeout }

  private func key(of peer: SocketAddress) -> SocketAddress {
    if case .byAddressAndPort = model.filter { return peer }
    return SocketAddress(ip: peer.ip, port: 0)
  }

  private mutating func remove(_ inside: SocketAddress) {
    if let old = mappings.removeValue(forKey: inside) { insides[old.port] = nil }
  }
}
