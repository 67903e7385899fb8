import DHTModel
import MessagePack

extension Message {
  /// Reads one datagram. Bytes after the message are ignored.
  ///
  /// Whether the network and the sender are ours is for the node to judge; a zero sender never gets this far.
  /// - Throws: `WireError` for every datagram that peers drop without an answer. (wire.md §13)
  public init(decoding bytes: RawSpan) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    var envelope = Envelope()
    do throws(MessagePackError) { try envelope.read(&reader) } catch { throw .malformed(error) }
    self.init(
      network: envelope.network, transaction: envelope.transaction, isClient: envelope.isClient,
      agent: envelope.agent, body: try envelope.body())
  }
}

extension Envelope {
  // The order of the tests is that of wire.md §1.3.
  fileprivate func body() throws(WireError) -> Message.Body {
    if failure == nil, !hasResults, let part { return .part(part) }
    guard hasArguments else { throw .missing(.arguments) }
    let sender = arguments.sender
    guard sender != .zero else { throw .missing(.id) }
    if let failure { return .failure(sender: sender, failure) }
    if hasResults { return .reply(sender: sender, try Reply(arguments)) }
    if hasLegacyPush { return .legacyPush(sender: sender, LegacyPush(arguments)) }
    guard kind == nil || kind == .request, let request else { throw .unknownKind }
    return .request(sender: sender, try Request(request, arguments))
  }
}

extension Reply {
  fileprivate init(_ arguments: borrowing Arguments) throws(WireError) {
    // The whole reply counts as lost, and the request is sent again. (§4.1)
    guard !arguments.hasBrokenNodes else { throw .missing(.nodes4) }
    self.init(
      observed: arguments.observed, nodes4: arguments.nodes4, nodes6: arguments.nodes6, token: arguments.token,
      values: arguments.values, fields: arguments.fields, valueID: arguments.valueID)
  }
}

extension LegacyPush {
  fileprivate init(_ arguments: borrowing Arguments) {
    self.init(token: arguments.token, refreshed: arguments.refreshed ?? [], expired: arguments.expired ?? [])
  }
}

extension Request {
  fileprivate init(_ name: MessagePackKey, _ arguments: borrowing Arguments) throws(WireError) {
    let token = arguments.token ?? Token(EmptyCollection())
    switch name {
    case .ping: self = .ping
    case .find: self = .find(Find(target: arguments.target, want: arguments.want))
    case .get: self = .get(Get(key: arguments.key, query: arguments.query, want: arguments.want))
    case .put:
      self = .put(Put(key: arguments.key, values: arguments.values, created: arguments.created, token: token))
    case .listen:
      self = .listen(
        Listen(
          key: arguments.key, token: token, socket: arguments.socket, version: arguments.version ?? 0,
          query: arguments.query))
    case .refresh:
      self = .refresh(Refresh(key: arguments.key, valueID: arguments.valueID ?? 0, token: token))
    case .update:
      self = .update(
        Update(
          socket: arguments.socket, key: arguments.hasKey ? arguments.key : nil, version: arguments.version,
          values: arguments.values, created: arguments.created, refreshed: arguments.refreshed ?? [],
          expired: arguments.expired ?? [], token: arguments.token))
    default: throw .unknownRequest
    }
  }
}
