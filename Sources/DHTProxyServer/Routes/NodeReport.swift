internal import DHTModel
internal import DHTProxyMessages
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import OpenDHT

/// What the node tells of itself, asked for at most ten times a second and kept as bytes. (proxy.md §9.1)
///
/// Peers keep theirs for two minutes: a client that asks right after the start believes itself cut off for as long.
final class NodeReport: Sendable {
  /// A report, ready but for the client's address.
  struct Edition: Sendable {
    let version: UInt64
    let information: NodeInformation
    let made: NIODeadline

    /// The body of an answer.
    func bytes(publicAddress: String) -> ByteBuffer {
      var information = information
      information.publicAddress = publicAddress
      return ByteBuffer(bytes: information.bytes())
    }
  }
  private struct State {
    var edition: Edition?
    var isRenewing = false
  }
  /// A report as old as this is renewed when somebody asks for it.
  private static let freshFor = TimeAmount.milliseconds(100)
  /// One as old as this is not given out any more.
  private static let usableFor = TimeAmount.seconds(1)

  private let state = NIOLockedValueBox(State())
  private let dht: DHT
  private let release: PeerRelease

  init(of dht: DHT, for release: PeerRelease) {
    self.dht = dht
    self.release = release
  }

  /// The report, if there is a young one. Begins to renew one that is not fresh any more.
  func current(now: NIODeadline = .now()) -> Edition? {
    let (edition, mustRenew) = state.withLockedValue { state in
      guard let edition = state.edition, now - edition.made < Self.usableFor else {
        return (Edition?.none, false)
      }
      let mustRenew = now - edition.made >= Self.freshFor && !state.isRenewing
      if mustRenew { state.isRenewing = true }
      return (edition, mustRenew)
    }
    // Bounded: there is one at a time, and it takes a few turns of the node's loop.
    if mustRenew { Task { await renew() } }
    return edition
  }

  /// The report, renewed unless a young one is there.
  func edition() async -> Edition {
    if let edition = current() { return edition }
    return await renew()
  }

  @discardableResult
  private func renew() async -> Edition {
    let information = await gather()
    return state.withLockedValue { state in
      // The same version while nothing has changed: what was made of it can be sent again.
      let isSame = state.edition?.information == information
      let version = (state.edition?.version ?? 0) + (isSame ? 0 : 1)
      let edition = Edition(version: version, information: information, made: .now())
      state = State(edition: edition)
      return edition
    }
  }

  private func gather() async -> NodeInformation {
    var information = NodeInformation(
      nodeID: dht.nodeID, keyID: dht.identity.map { "\($0.privateKey.publicKey.id)" },
      ipv4: .init(await dht.statistics(.ipv4)), ipv6: .init(await dht.statistics(.ipv6)),
      operations: await dht.ongoingOperations)
    guard release == .v4 else { return information }
    let storage = await dht.storageStatistics
    information.storage = NodeInformation.Storage(
      values: storage.values, bytes: storage.bytes, localValues: storage.localValues, localBytes: storage.localBytes)
    let ports = await dht.boundPorts
    information.ports = NodeInformation.Ports(ipv4: Int(ports.ipv4 ?? 0), ipv6: Int(ports.ipv6 ?? 0))
    return information
  }
}

extension NodeInformation.Family {
  init(_ statistics: FamilyStatistics) {
    self.init(good: statistics.good, dubious: statistics.dubious, incoming: statistics.incoming)
    guard statistics.tableDepth > 1 else { return }
    table = Table(depth: statistics.tableDepth, networkSize: statistics.networkSizeEstimate)
  }
}
