import DHTModel
import DHTWire

// What a puppet does by itself: a naive peer, without timers, that never asks anything.
extension Puppet {
  func receive(_ bytes: [UInt8], from source: SocketAddress, to destination: SocketAddress) {
    let message = try? Message(decoding: bytes.span.bytes)
    note(bytes, message, source, destination)
    guard let message, let whole = assemble(message, from: source) else { return }
    if whole != message { note(bytes, whole, source, destination) }
    guard case .request(_, let request) = whole.body, !isDeaf(to: request.kind, whole.network) else { return }
    let received = Received(at: world.now, source: source, destination: destination, message: whole, bytes: bytes)
    if manner.thinkingTime == .zero { return react(to: received, request) }
    world.after(manner.thinkingTime) { [self] _ in react(to: received, request) }
  }

  func respond(to received: Received, _ body: Message.Body, from source: SocketAddress? = nil) {
    let message = Message(
      network: manner.network, transaction: received.transaction, isClient: manner.isClient, body: body)
    send(message, to: received.source, from: source ?? received.destination)
  }

  private func isDeaf(to kind: MessageKind, _ network: NetworkID) -> Bool {
    network != manner.network || manner.ignores.contains(kind)
  }

  /// A message whose values are in parts is noted when it is whole; before, only its parts are, and its beginning.
  private func note(_ bytes: [UInt8], _ message: Message?, _ source: SocketAddress, _ destination: SocketAddress) {
    let received = Received(at: world.now, source: source, destination: destination, message: message, bytes: bytes)
    if let message, !message.announced.isEmpty { return }
    heard.append(received)
    inbox.append(received)
  }

  /// The message with all its values; nil while parts are missing.
  private func assemble(_ message: Message, from source: SocketAddress) -> Message? {
    if case .part(let part) = message.body {
      let added = reassembler.add(
        part, transaction: message.transaction, from: source, now: world.now, allowsEarly: true)
      if case .complete(let whole) = added { return whole }
      return nil
    }
    guard !message.announced.isEmpty else { return message }
    if case .complete(let whole) = reassembler.open(message, from: source, now: world.now) { return whole }
    return nil
  }

  private func react(to received: Received, _ request: Request) {
    switch reactions[request.kind]?(received) ?? .ordinary {
    case .ordinary: answerOrdinarily(received, request)
    case .silence: break
    case .reply(let reply): answer(received, with: reply)
    case .failure(let failure): answer(received, with: failure)
    }
  }

  private func answerOrdinarily(_ received: Received, _ request: Request) {
    switch request {
    case .ping, .update: answer(received, with: reply(received))
    case .find(let find): answer(received, with: reply(received, near: find.target, find.want))
    case .get(let get): answer(received, with: reply(received, get))
    case .put(let put): accept(put, received)
    case .listen(let listen): accept(listen, received)
    case .refresh(let refresh): accept(refresh, received)
    }
  }

  private func reply(_ received: Received) -> Reply {
    Reply(observed: manner.tellsAddress ? received.source.ip : nil)
  }

  private func reply(_ received: Received, near target: InfoHash, _ want: Want) -> Reply {
    var reply = reply(received)
    reply.token = tokenToGive(received.source)
    guard manner.givesNodes else { return reply }
    let (wants4, wants6) =
      switch want {
      case .unspecified: (received.source.family == .ipv4, received.source.family == .ipv6)
      case .families(let ipv4, let ipv6): (ipv4, ipv6)
      }
    if wants4 { reply.nodes4 = nearest(to: target, .ipv4) }
    if wants6 { reply.nodes6 = nearest(to: target, .ipv6) }
    return reply
  }

  private func reply(_ received: Received, _ get: Request.Get) -> Reply {
    var reply = reply(received, near: get.key, get.want)
    let query = get.query ?? .everything
    let values = (stored[get.key] ?? []).filter { query.matches($0) { _ in nil } }
    guard !values.isEmpty else { return reply }
    if query.select.isEmpty {
      reply.values = ValueList(values)
    } else {
      let fields = Set(query.select).sorted { $0.rawValue < $1.rawValue }
      reply.fields = FieldList(fields: fields, rows: values.map { FieldList.Row(record: $0.record(of: fields)) })
    }
    return reply
  }

  private func accept(_ put: Request.Put, _ received: Received) {
    guard takes(put.token, from: received.source) else { return answer(received, with: .putWithWrongToken) }
    if manner.storesValues { publish(put.values.values, at: put.key) }
    for value in put.values.values {
      var reply = reply(received)
      reply.valueID = manner.namesValues ? value.id : nil
      answer(received, with: reply)
    }
  }

  private func accept(_ listen: Request.Listen, _ received: Received) {
    guard takes(listen.token, from: received.source) else { return answer(received, with: .listenWithWrongToken) }
    let listener = Listener(
      key: listen.key, address: received.source, socket: listen.socket, version: listen.version, query: listen.query)
    let isNew = !listeners.contains { $0.socket == listen.socket && $0.address == received.source }
    listeners.removeAll { $0.socket == listen.socket && $0.address == received.source }
    listeners.append(listener)
    var reply = reply(received)
    if manner.givesTokenToListeners { reply.token = tokenToGive(received.source) }
    answer(received, with: reply)
    if isNew, let values = stored[listen.key], !values.isEmpty { tell(listener, values) }
  }

  private func accept(_ refresh: Request.Refresh, _ received: Received) {
    guard takes(refresh.token, from: received.source) else { return answer(received, with: .putWithWrongToken) }
    guard stored[refresh.key]?.contains(where: { $0.id == refresh.valueID }) == true else {
      return answer(received, with: .unknownStorage)
    }
    var reply = reply(received)
    reply.valueID = refresh.valueID
    answer(received, with: reply)
  }

  private func tokenToGive(_ address: SocketAddress) -> Token? {
    switch manner.tokens {
    case .own, .refused: token(for: address)
    case .none: nil
    case .bytes(let bytes): Token(bytes)
    }
  }

  private func takes(_ token: Token, from address: SocketAddress) -> Bool {
    switch manner.tokens {
    case .own: token == self.token(for: address)
    case .refused: false
    case .none: true
    case .bytes(let bytes): token == Token(bytes)
    }
  }

  private func nearest(to target: InfoHash, _ family: AddressFamily) -> [NodeContact] {
    let sorted = nodes.filter { $0.address.family == family }.sorted { $0.id.isCloser(to: target, than: $1.id) }
    return Array(sorted.prefix(WireLimits.nodesPerReply))
  }
}

extension Message {
  /// Sizes of values that come in parts after this message.
  fileprivate var announced: [Int?] {
    switch body {
    case .request(_, .put(let put)): put.values.announced
    case .request(_, .update(let update)): update.values.announced
    case .reply(_, let reply): reply.values.announced
    default: []
    }
  }
}

extension Value {
  fileprivate func record(of fields: [Query.Field]) -> FieldRecord {
    FieldRecord(
      id: fields.contains(.id) ? id : nil,
      valueType: fields.contains(.valueType) ? type : nil,
      owner: fields.contains(.owner) ? .zero : nil,
      sequence: fields.contains(.sequence) ? sequence : nil,
      userTypeBytes: fields.contains(.userType) ? body?.userTypeBytes ?? [] : nil)
  }
}
