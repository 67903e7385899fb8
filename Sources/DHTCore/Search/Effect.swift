import DHTModel

/// What the machine of one family has to tell the node.
enum Effect {
  case values(OperationID, [Value], from: NodeContact)
  case records(OperationID, [FieldRecord], from: NodeContact)
  case getEnded(OperationID, AddressFamily, SearchGet.End)
  case acknowledged(Announce.ID, NodeContact)
  case announceEnded(Announce.ID, AddressFamily, Announce.End)
  case listenNews(NetworkListen.ID, from: NodeContact, ListenNews)
  /// A node no longer serves a listen; what it told counts no more.
  case listenLost(NetworkListen.ID, AddressFamily, NodeID)
  case pinged(OperationID, NodeContact, roundTrip: Duration)
  case pingFailed(OperationID)
  case traced(OperationID, TraceStep)
  /// A node that may listen here is silent: it did not answer a push, or was given up.
  case listenerSilent(NodeContact)
  /// Every node of a search failed: our link may be down.
  case searchDied
  /// A search or find reply without a token: its sender breaks the rules.
  case broken(SocketAddress)
  /// An address answered a ping that was to prove it.
  case proved(SocketAddress)
  case statusMayChange
  /// A token for a listen was refused: our address may have changed.
  case addressDoubted
  /// A search that looked for the nodes around its key has heard them.
  case explored(InfoHash)
}

/// What a storing node tells about a listen.
enum ListenNews {
  case values([Value])
  case refreshed([Value.ID])
  case expired([Value.ID])
}
