import DHTCore
public import DHTModel
public import DHTWire

// What a test says and hears through a puppet.
extension Puppet {
  // MARK: Speaking

  /// Sends a request, to the target unless told otherwise. Returns its transaction.
  @discardableResult
  public func send(
    _ request: Request, to destination: SocketAddress? = nil, from source: SocketAddress? = nil,
    as sender: NodeID? = nil,
    network: NetworkID? = nil, isClient: Bool? = nil, transaction: TransactionID? = nil
  ) -> TransactionID {
    let transaction = transaction ?? drawTransaction()
    let message = Message(
      network: network ?? manner.network, transaction: transaction, isClient: isClient ?? manner.isClient,
      body: .request(sender: sender ?? id, request))
    send(message, to: destination, from: source)
    return transaction
  }

  /// Sends a message; its values, when they are too large, in parts.
  public func send(_ message: Message, to destination: SocketAddress? = nil, from source: SocketAddress? = nil) {
    var arena = PacketArena()
    message.encode(into: &arena)
    for packet in 0..<arena.count {
      send(bytes: Array(arena.bytes[arena.range(of: packet)]), to: destination, from: source)
    }
  }

  /// Sends any bytes, from any address: the puppet's own, another, or one that nobody has.
  public func send(bytes: [UInt8], to destination: SocketAddress? = nil, from source: SocketAddress? = nil) {
    world.transmit(bytes.span.bytes, from: source ?? address, to: destination ?? target, side: side)
  }

  /// Answers a request that was heard.
  public func answer(
    _ received: Received, with reply: Reply, from source: SocketAddress? = nil, as sender: NodeID? = nil
  ) {
    respond(to: received, .reply(sender: sender ?? id, reply), from: source)
  }

  /// Answers a request that was heard, with an error.
  public func answer(_ received: Received, with failure: Failure, from source: SocketAddress? = nil) {
    respond(to: received, .failure(sender: id, failure), from: source)
  }

  // MARK: Hearing

  /// Sends a request, and lets time pass until its answer comes; nil when none does.
  @discardableResult
  public func ask(
    _ request: Request, of destination: SocketAddress? = nil, as sender: NodeID? = nil, network: NetworkID? = nil,
    isClient: Bool? = nil, within limit: Duration = .seconds(1)
  ) -> Received? {
    let transaction = send(request, to: destination, as: sender, network: network, isClient: isClient)
    return expect(within: limit) { !$0.kind.isRequest && $0.kind != .part && $0.transaction == transaction }
  }

  /// Lets time pass until a message of this kind comes, or takes the oldest that came and was not taken. Nil when the
  /// time is over first.
  @discardableResult
  public func expect(_ kind: MessageKind, within limit: Duration = .seconds(1)) -> Received? {
    expect(within: limit) { $0.kind == kind }
  }

  /// As `expect(_:within:)`, for the first message that passes the test.
  public func expect(within limit: Duration = .seconds(1), where test: (Received) -> Bool) -> Received? {
    world.run(atMost: limit) { inbox.contains(where: test) }
    guard let index = inbox.firstIndex(where: test) else { return nil }
    return inbox.remove(at: index)
  }

  /// Lets the whole time pass. Returns whether no message, of a kind or at all, came or was waiting to be taken.
  public func hearsNothing(of kind: MessageKind? = nil, for duration: Duration) -> Bool {
    world.run(for: duration)
    return !inbox.contains { kind == nil || $0.kind == kind }
  }

  /// Forgets what no `expect` has taken.
  public func clearInbox() { inbox = [] }

  /// All that was heard of a kind, and, when given, about a key.
  public func heard(_ kind: MessageKind, about key: InfoHash? = nil) -> [Received] {
    heard.filter { $0.kind == kind && (key == nil || $0.key == key) }
  }

  // MARK: Acting as a peer

  /// Decides about each request of a kind; `.ordinary` leaves it to the manner.
  public func react(to kind: MessageKind, _ decide: @escaping (Received) -> Reaction) { reactions[kind] = decide }
  /// Leaves requests of a kind to the manner again.
  public func reactOrdinarily(to kind: MessageKind) { reactions[kind] = nil }

  /// Becomes a good node of a real node's table: lets that node ping it, and waits for the answer.
  /// Returns whether it got one.
  @discardableResult
  public func meet(_ number: Int = 0) -> Bool {
    let ping = world.ping(address, from: number)
    world.run(until: ping, atMost: .seconds(12))
    return ping.pinged?.node != nil
  }

  /// Holds values, as if somebody had put them. Tells nobody.
  public func hold(_ values: [Value], at key: InfoHash) {
    for value in values {
      stored[key, default: []].removeAll { $0.id == value.id }
      stored[key, default: []].append(value)
    }
  }

  /// Drops a value, and tells nobody.
  public func drop(_ valueID: Value.ID, at key: InfoHash) { stored[key]?.removeAll { $0.id == valueID } }

  /// Holds values, and tells the listeners of the key.
  public func publish(_ values: [Value], at key: InfoHash) {
    hold(values, at: key)
    for listener in listeners where listener.key == key { tell(listener, values) }
  }

  /// Tells the listeners of a key that values were refreshed or have expired; the latter it drops.
  public func tell(refreshed: [Value.ID] = [], expired: [Value.ID] = [], at key: InfoHash) {
    for id in expired { drop(id, at: key) }
    for listener in listeners where listener.key == key {
      send(.update(.init(socket: listener.socket, refreshed: refreshed, expired: expired)), to: listener.address)
    }
  }

  /// Tells one listener of values.
  public func tell(_ listener: Listener, _ values: [Value], from source: SocketAddress? = nil) {
    let update = Request.Update(socket: listener.socket, key: listener.key, version: 1, values: ValueList(values))
    send(.update(update), to: listener.address, from: source)
  }

  /// The 32-byte token that it gives to an address.
  public func token(for address: SocketAddress) -> Token {
    let seed = SeededGenerator.mix(address.ip.high ^ SeededGenerator.mix(address.ip.low ^ UInt64(address.port) << 32))
    let word = SeededGenerator.mix(seed ^ UInt64(number))
    return Token(words: word, word &+ 1, word &+ 2, word &+ 3)
  }
}
