public import Logging

extension DHT {
  /// How a node is set up. The defaults make a node on a free port of both families that knows nobody yet.
  ///
  ///     var configuration = DHT.Configuration(port: 4222, bootstrap: ["[::1]:4223", "192.0.2.7"])
  ///     configuration.node.isClient = true
  public struct Configuration: Sendable {
    /// What carries out the operations: a node of our own over UDP, or a proxy; then ports, addresses, sockets and entry
    /// points wait for a switch to UDP.
    public var backend = Backend.udp
    /// UDP port of both families; 0 lets the system choose one.
    public var port: UInt16
    /// Address to bind for IPv4; nil for any.
    public var bindIPv4: IPAddress?
    /// Address to bind for IPv6; nil for any.
    public var bindIPv6: IPAddress?
    /// Keeps networks apart; 0 is the public one.
    public var network: NetworkID
    /// Entry points. None is built in: without one the node waits to be found.
    public var bootstrap: [Host]
    /// How the node of the protocol behaves. `families` says which sockets to open.
    public var node = NodeConfiguration()
    /// Who this node is: signs what it puts, opens what is encrypted for it, and gives the node its id unless `node` names
    /// one. Its key must be RSA to sign values that peers accept.
    public var identity: Identity?
    /// Whether the certificate of `identity` is kept on the network, so that others can encrypt for it by its id.
    public var publishesCertificate = true
    /// Whether signed values are verified and encrypted ones opened before they are delivered. Without it both come as
    /// they are, for programs that pass them on; only a value whose owner is no key, or has no signature, never comes.
    public var opensValues = true
    /// Sizes of the sockets' buffers.
    public var sockets = SocketConfiguration()
    /// The threads that run the node; shared by all nodes of the process by default.
    public var threads = DHTThreads.shared
    /// Where the node's events and counters are told, at a rate that peers cannot raise; nil for nowhere.
    public var logger: Logger?

    /// The defaults, but for what is given.
    public init(
      port: UInt16 = 0, network: NetworkID = 0, bootstrap: [Host] = [], bindIPv4: IPAddress? = nil,
      bindIPv6: IPAddress? = nil, logger: Logger? = nil
    ) {
      self.port = port
      self.network = network
      self.bootstrap = bootstrap
      self.bindIPv4 = bindIPv4
      self.bindIPv6 = bindIPv6
      self.logger = logger
    }
  }
}
