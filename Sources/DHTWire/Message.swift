public import DHTModel

/// One datagram of the protocol, decoded: what stands in the envelope, and its body. (wire.md §1)
public struct Message: Hashable, Sendable {
  /// Keeps networks apart; 0 is left out on the wire.
  public var network: NetworkID
  /// Names the request, and its replies.
  public var transaction: TransactionID
  /// Whether the sender is a client, which is answered but never given to others.
  public var isClient: Bool
  /// User agent; empty when the packet has none.
  public var agent: UserAgent
  /// What the message says.
  public var body: Body

  /// What a message can say, and who says it; parts have no sender.
  public enum Body: Hashable, Sendable {
    /// Asks for an answer under the same transaction.
    case request(sender: NodeID, Request)
    /// Answers a request that could be served.
    case reply(sender: NodeID, Reply)
    /// Answers a request that could not, with a code.
    case failure(sender: NodeID, Failure)
    /// Answer of a storing node to a listener of version 0. (wire.md §3.9)
    case legacyPush(sender: NodeID, LegacyPush)
    /// A piece of a value that was too large for the message that announced it. (wire.md §7)
    case part(Part)
  }

  /// A message; the agent is ours unless told otherwise.
  public init(
    network: NetworkID = 0, transaction: TransactionID, isClient: Bool = false,
    agent: UserAgent = Message.ownAgent, body: Body
  ) {
    self.network = network
    self.transaction = transaction
    self.isClient = isClient
    self.agent = agent
    self.body = body
  }

  /// What we send as user agent: `o2`, as the network's nodes since 2.6.0.
  public static let ownAgent: UserAgent = "o2"
}
