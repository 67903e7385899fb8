public import DHTModel
public import DHTWire

/// A message that reached a puppet. Values that came in parts are whole.
public struct Received: Sendable {
  /// Virtual time of its arrival.
  public let at: Instant
  /// Who sent it, as seen by the puppet, and the puppet's own address.
  public let source, destination: SocketAddress
  /// Nil when the bytes are no message.
  public let message: Message?
  /// The datagram, or, of a message in parts, its last one.
  public let bytes: [UInt8]

  /// What it is about; `undecodable` when the bytes are no message.
  public var kind: MessageKind { message?.kind ?? .undecodable }
  /// Its number, which a reply must repeat; 0 when the bytes are no message.
  public var transaction: TransactionID { message?.transaction ?? 0 }

  /// The id that the sender claims; nil for parts.
  public var sender: NodeID? {
    switch message?.body {
    case .request(let sender, _): sender
    case .reply(let sender, _): sender
    case .failure(let sender, _): sender
    case .legacyPush(let sender, _): sender
    case .part, nil: nil
    }
  }

  /// The request, if it is one.
  public var request: Request? { if case .request(_, let request) = message?.body { request } else { nil } }
  /// The reply, if it is one.
  public var reply: Reply? { if case .reply(_, let reply) = message?.body { reply } else { nil } }
  /// The error, if it is one.
  public var failure: Failure? { if case .failure(_, let failure) = message?.body { failure } else { nil } }
  /// The request for nodes, if it is one.
  public var find: Request.Find? { if case .find(let find) = request { find } else { nil } }
  /// The request for values, if it is one.
  public var get: Request.Get? { if case .get(let get) = request { get } else { nil } }
  /// The request to store, if it is one.
  public var put: Request.Put? { if case .put(let put) = request { put } else { nil } }
  /// The request to be told of changes, if it is one.
  public var listen: Request.Listen? { if case .listen(let listen) = request { listen } else { nil } }
  /// The request to restart a lifetime, if it is one.
  public var refresh: Request.Refresh? { if case .refresh(let refresh) = request { refresh } else { nil } }
  /// The report of changes, if it is one.
  public var update: Request.Update? { if case .update(let update) = request { update } else { nil } }
  /// The report to a listener of version 0, if it is one.
  public var legacyPush: LegacyPush? { if case .legacyPush(_, let push) = message?.body { push } else { nil } }

  /// The key or target of a request; nil when it has none.
  public var key: InfoHash? {
    switch request {
    case .find(let find): find.target
    case .get(let get): get.key
    case .put(let put): put.key
    case .listen(let listen): listen.key
    case .refresh(let refresh): refresh.key
    case .update(let update): update.key
    case .ping, nil: nil
    }
  }
}

extension Received: CustomStringConvertible {
  public var description: String {
    "\(secondsText(.nanoseconds(at.nanoseconds))) \(source) > \(destination) \(packetSummary(bytes))"
  }
}
