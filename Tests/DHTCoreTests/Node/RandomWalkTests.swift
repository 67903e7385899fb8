import DHTModel
import DHTWire
import Testing

@testable import DHTCore

/// One node among peers that do anything at all, in any order: valid, invalid, late, forged. Whatever happens, nothing
/// traps, every operation ends once, time moves on, and what is kept stays bounded.
@Suite struct RandomWalkTests {
  @Test("W-8, W§13: nothing that peers do traps, hangs an operation, spins or grows", arguments: UInt64(1)...6)
  func walk(seed: UInt64) {
    var walk = RandomWalk(seed: seed)
    for step in 0..<1500 {
      walk.step()
      if step % 20 == 0 { walk.check() }
      guard walk.complaint == nil else { break }
    }
    walk.calm()
    walk.end()
    #expect(walk.complaint == nil, "seed \(seed)")
    #expect(walk.ended > 100 && walk.values > 20, "a walk that does nothing proves nothing")
  }
}

/// The walk: a node, the peers around it, and what must hold.
struct RandomWalk: ~Copyable {
  private var node: Node
  private var random: RandomSource
  private var now = Instant(nanoseconds: 5_000_000_000)
  private let peers: [NodeContact]
  private let keys: [InfoHash]
  /// What the node asked, newest last.
  private var asked: [(destination: SocketAddress, message: Message)] = []
  private var tokens: [SocketAddress: Token] = [:]
  private var sockets: [SocketAddress: SocketID] = [:]
  private var running: Set<OperationID> = []
  /// Of these, the listens: they end when they are cancelled.
  private var listens: Set<OperationID> = []
  private var over: Set<OperationID> = []
  private var hosts: [Host] = []
  /// Work that was asked for and is done at some time, in some order.
  private var checks: [Check] = []
  /// What went wrong first; nil when nothing did.
  private(set) var complaint: String?
  /// Operations that ended, and values that were heard of.
  private(set) var ended = 0, values = 0

  init(seed: UInt64) {
    var random = RandomSource(Seed(seed, 99))
    var configuration = Configuration()
    configuration.maintainsStorage = seed % 2 == 0
    configuration.limits = Self.limits
    // What needs the security layer: most of the nodes have one, which believes every other value.
    if seed % 3 != 0 {
      configuration.opener = ValueOpener { value in
        value.id % 2 == 0 ? .opened(value) : .refused(value.signature == nil ? .notForUs : .badSignature)
      }
      configuration.types = [
        ValueType(
          id: 0, name: "slow", lifetime: .seconds(600), mayEdit: { _, new, _ in new }, isSlow: { $0.isSealed })
      ]
    }
    peers = (0..<120).map { number in
      let ip =
        number % 3 == 0
        ? IPAddress(ipv6High: 0x2001_0DB8_0000_0000 | UInt64(number), low: 1)
        : IPAddress(ipv4: 0x0A00_0001 + UInt32(number))
      return NodeContact(id: .random(using: &random), address: SocketAddress(ip: ip, port: 4000 + UInt16(number)))
    }
    keys = (0..<24).map { _ in .random(using: &random) }
    node = Node(configuration, seed: Seed(seed, 1), now: now, wallTime: WallTime(seconds: 1_700_000_000))
    self.random = random
  }

  private static let limits = {
    var limits = Limits()
    limits.searches = 16
    limits.operations = 64
    limits.knownNodes = 64
    limits.storageBytes = 64 << 10
    limits.storedKeys = 16
    limits.listeners = 32
    limits.listenersPerAddress = 8
    limits.reassemblyBytes = 256 << 10
    limits.reassembliesPerAddress = 8
    limits.listenedValuesPerNode = 16
    return limits
  }()

  mutating func step() {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<3: operate()
    case 3: disturb()
    case 4..<8: pass()
    case 8..<14: answer()
    case 14..<18: request()
    case 18: runChecks(atMost: 3)
    default: noise()
    }
    drain()
  }

  /// Nothing more is begun. Peers go on as before for two minutes and then are silent for one and a half: by then
  /// everything but the listens has ended by itself. A silent node is given up after 10 s, and a put asks each for
  /// signed values before it puts there, and then asks those that are left.
  mutating func calm() {
    for _ in 0..<24 { operate() }
    drain()
    let hostile = now + .seconds(120)
    while complaint == nil, now < hostile {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5: answer()
      case 5, 6: request()
      case 7: noise()
      default: pass(to: now + .milliseconds(Int64.random(in: 0...1000, using: &random)))
      }
      drain()
      runChecks(atMost: 1)
      resolveNothing()
    }
    let silent = now + .seconds(90)
    while complaint == nil, now < silent {
      runChecks(atMost: .max)
      pass(to: min(silent, max(node.nextDeadline ?? silent, now + .milliseconds(1))))
      resolveNothing()
    }
    let left = running.subtracting(listens).sorted()
    if complaint == nil, !left.isEmpty {
      complaint = "\(left.map { node.operations[$0].map { "\($0)".prefix(300) } ?? "" }) never ended"
    }
  }

  /// Work is done in any order.
  private mutating func runChecks(atMost limit: Int) {
    var count = 0
    while count < limit, let index = checks.indices.randomElement(using: &random) {
      node.checked(checks.remove(at: index).run(), now: now)
      drain()
      count += 1
    }
  }

  /// Names have no address any more, and the name server says so.
  private mutating func resolveNothing() {
    hosts = []
    for number in 0..<3 { node.resolved(Host(name: "host\(number)"), addresses: [], now: now) }
    drain()
  }

  /// Ends everything, and looks whether anything is left.
  mutating func end() {
    node.shutDown(now: now)
    drain()
    if complaint == nil, !running.isEmpty { complaint = "\(running.count) operations never ended" }
    for _ in 0..<40 where complaint == nil {
      now = now + .seconds(120)
      turn()
    }
    check()
    if complaint == nil, node.operationCount > 0 || !node.groups.isEmpty || !node.announcements.isEmpty {
      complaint = "work is left after the end"
    }
  }

  mutating func check() {
    guard complaint == nil else { return }
    complaint = node.brokenInvariant()
    for index in node.overlays.indices {
      let overlay = node.overlays[index]
      // Nodes of the table are not forgotten, and it may hold more than the limit.
      let most = Self.limits.knownNodes + overlay.contacts.table.allNodes.count + overlay.contacts.requests.count
      if overlay.contacts.known.count > most { complain("\(overlay.contacts.known.count) known nodes") }
      if overlay.searches.count > Self.limits.searches { complain("\(overlay.searches.count) searches") }
      if overlay.contacts.requests.count > 4000 { complain("\(overlay.contacts.requests.count) requests") }
    }
  }

  private mutating func complain(_ text: String) { if complaint == nil { complaint = text } }
}

// MARK: What may happen

extension RandomWalk {
  private mutating func key() -> InfoHash { keys.randomElement(using: &random) ?? .zero }
  private mutating func peer() -> NodeContact { peers[Int.random(in: peers.indices, using: &random)] }
  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  private mutating func value() -> Value {
    let id = UInt64.random(in: 0...12, using: &random)
    let size = chance(4) ? Int.random(in: 600...9000, using: &random) : Int.random(in: 0...40, using: &random)
    let data = [UInt8](repeating: UInt8.random(in: 0...3, using: &random), count: size)
    let type = [0, 1, 2, 5, 8, 77].randomElement(using: &random) ?? 0
    guard chance(30) else { return Value(data, type: UInt16(type), id: id) }
    let signature = Value.Signature(
      owner: [UInt8.random(in: 0...1, using: &random)], sequence: UInt16.random(in: 0...3, using: &random),
      signature: [1])
    return Value(id: id, content: chance(80) ? .signed(Value.Body(data: data), signature) : .encrypted(data))
  }

  private mutating func operate() {
    let deadline: Instant? = chance(40) ? now + .seconds(Int64.random(in: -1...90, using: &random)) : nil
    let filters: [Query.Filter] = chance(20) ? [.sequence(1)] : chance(20) ? [.id(3)] : []
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1:
      begin(node.get(chance(3) ? .zero : key(), where: filters, deadline: deadline, isTraced: chance(20), now: now))
    case 2:
      begin(node.query(key(), Query(select: [.id, .sequence, .owner], where: filters), deadline: deadline, now: now))
    case 3, 4:
      var options = PutOptions(isPermanent: chance(30), verify: chance(20), deadline: deadline)
      if chance(10) {
        options.created = WallTime(seconds: [.min, 0, 1_700_000_100, .max].randomElement(using: &random) ?? 0)
      }
      begin(node.put(value(), at: key(), options: options, now: now))
    case 5, 6:
      let listen = node.listen(to: key(), where: filters, deadline: deadline, now: now)
      listens.insert(listen)
      begin(listen)
    case 7: begin(node.ping(peer().address, deadline: deadline, now: now))
    case 8:
      node.cancel(OperationID(UInt64.random(in: 0...UInt64(over.count + running.count + 1), using: &random)), now: now)
    default: node.cancelPut(UInt64.random(in: 0...12, using: &random), at: key(), now: now)
    }
  }

  private mutating func begin(_ operation: OperationID) {
    if !running.insert(operation).inserted || over.contains(operation) { complain("\(operation) was given twice") }
  }

  private mutating func disturb() {
    switch Int.random(in: 0..<16, using: &random) {
    case 0..<3: node.insert(peer(), now: now)
    case 3:
      let host = Host(name: "host\(Int.random(in: 0..<3, using: &random))")
      node.addBootstrap(host, now: now)
    case 4..<7:
      guard let host = hosts.popLast() else { return }
      node.resolved(host, addresses: chance(80) ? [peer().address] : [], now: now)
    case 7: node.connectivityChanged(now: now)
    case 8, 9: node.sendFailed(to: peer().address, now: now)
    case 10: node.setWallTime(WallTime(seconds: .random(in: 0...4_000_000_000, using: &random)), now: now)
    case 11: node.setLocalAddresses([IPAddress(ipv4: 0x0102_0304)], now: now)
    case 12: node.clearBootstrap(now: now)
    default: return
    }
  }

  /// Time passes: to the next deadline, a little, or much.
  private mutating func pass() {
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<5: if let next = node.nextDeadline { now = max(now, next) }
    case 5..<9: now = now + .milliseconds(Int64.random(in: 0...2000, using: &random))
    default: now = now + .seconds(Int64.random(in: 0...700, using: &random))
    }
    turn()
  }

  private mutating func pass(to later: Instant) {
    now = max(now, later)
    turn()
  }

  /// As a driver does it: advances until the next deadline lies ahead.
  private mutating func turn() {
    for _ in 0..<4 {
      node.advance(to: now)
      drain()
      guard let next = node.nextDeadline, next <= now else { return }
    }
    complain("time stands still at \(now.nanoseconds)")
  }

  /// Answers something that was asked, more or less as it should be.
  private mutating func answer() {
    guard !asked.isEmpty else { return }
    let place = chance(80) ? asked.count - 1 : Int.random(in: asked.indices, using: &random)
    let (destination, message) = asked.remove(at: place)
    guard case .request(_, let request) = message.body else { return }
    var contact = peers.first { $0.address == destination } ?? peer()
    var source = destination
    if chance(4) { source = peer().address }
    if chance(4) { contact = peer() }
    if chance(6) {
      let code: UInt16 = [401, 404, 203, 500].randomElement(using: &random) ?? 401
      return send(.failure(sender: contact.id, Failure(code: code, text: "")), message.transaction, from: source)
    }
    send(.reply(sender: contact.id, reply(to: request)), message.transaction, from: source)
  }

  private mutating func reply(to request: Request) -> Reply {
    var reply = Reply(observed: chance(50) ? IPAddress(ipv4: 0x0102_0304) : nil)
    if chance(95) { reply.token = Token(words: 1, 2, 3, 4) }
    switch request {
    case .find, .get:
      reply.nodes4 = (0..<6).map { _ in peer() }.filter { $0.address.family == .ipv4 }
      reply.nodes6 = (0..<3).map { _ in peer() }.filter { $0.address.family == .ipv6 }
      guard case .get(let get) = request else { break }
      if let select = get.query?.select, !select.isEmpty {
        let rows = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          FieldList.Row(record: FieldRecord(id: UInt64.random(in: 0...12, using: &random), sequence: 1))
        }
        reply.fields = FieldList(fields: [.id, .sequence], rows: rows)
      } else {
        reply.values = ValueList((0..<Int.random(in: 0...3, using: &random)).map { _ in value() })
      }
    case .put(let put): if chance(90) { reply.valueID = put.values.values.first?.id }
    case .refresh(let refresh): reply.valueID = refresh.valueID
    case .listen(let listen):
      if let place = peers.firstIndex(where: { _ in true }) { sockets[peers[place].address] = listen.socket }
    case .ping, .update: break
    }
    return reply
  }

  /// A peer asks, with or without right.
  private mutating func request() {
    let contact = peer()
    let token = tokens[contact.address] ?? Token(words: 9, 9, 9, 9)
    let socket = UInt32.random(in: 0...5, using: &random)
    let request: Request
    switch Int.random(in: 0..<12, using: &random) {
    case 0: request = .ping
    case 1, 2:
      request = .find(Request.Find(target: key(), want: chance(50) ? .unspecified : .families(ipv4: true, ipv6: true)))
    case 3: request = .get(Request.Get(key: key(), query: chance(50) ? nil : Query(select: [.id], where: [.id(3)])))
    case 4..<7:
      let list = ValueList((0..<Int.random(in: 1...3, using: &random)).map { _ in value() })
      let created = chance(20) ? WallTime(seconds: chance(50) ? .max : .min) : nil
      request = .put(Request.Put(key: key(), values: list, created: created, token: token))
    case 7, 8:
      let version: Int64 = chance(50) ? 1 : 0
      request = .listen(Request.Listen(key: key(), token: token, socket: socket, version: version))
    case 9: request = .refresh(Request.Refresh(key: key(), valueID: 3, token: token))
    default: return update()
    }
    send(.request(sender: contact.id, request), .random(in: 0...3, using: &random), from: contact.address)
  }

  /// A peer pushes: what a listen of ours asked for, or what nobody did.
  private mutating func update() {
    let open = node.overlays.indices.flatMap { index in node.overlays[index].contacts.sockets.sorted { $0.key < $1.key }
    }
    guard let (socket, place) = open.randomElement(using: &random) else { return }
    var update = Request.Update(socket: socket)
    switch Int.random(in: 0..<3, using: &random) {
    case 0: update.expired = [UInt64.random(in: 0...12, using: &random)]
    case 1: update.refreshed = [UInt64.random(in: 0...12, using: &random)]
    default:
      update.key = place.key
      update.version = 1
      update.values = ValueList([value()])
    }
    let source = chance(90) ? place.contact.address : peer().address
    send(.request(sender: place.contact.id, .update(update)), 3, from: source)
  }

  /// Bytes that mean nothing, or nearly something.
  private mutating func noise() {
    var arena = PacketArena()
    let id = peer().id
    Message(
      transaction: asked.last?.message.transaction ?? 1,
      body: .reply(sender: id, reply(to: .find(.init(target: key()))))
    )
    .encode(into: &arena)
    var bytes = arena.bytes
    for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
      bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: .min ... .max, using: &random)
    }
    if chance(30) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
    node.receive(bytes.span.bytes, from: asked.last?.destination ?? peer().address, now: now)
  }

  private mutating func send(_ body: Message.Body, _ transaction: TransactionID, from source: SocketAddress) {
    var arena = PacketArena()
    Message(transaction: transaction, isClient: chance(3), body: body).encode(into: &arena)
    for packet in 0..<arena.count where !(packet > 0 && chance(10)) {
      node.receive(arena.bytes.span.bytes.extracting(arena.range(of: packet)), from: source, now: now)
    }
  }
}

// MARK: What the node does

extension RandomWalk {
  private mutating func drain() {
    var caught: [(SocketAddress, Message)] = []
    node.takeDatagrams { bytes, destination in
      if let message = try? Message(decoding: bytes) { caught.append((destination, message)) }
    }
    for (destination, message) in caught {
      switch message.body {
      case .request: asked.append((destination, message))
      case .reply(_, let reply): if let token = reply.token { tokens[destination] = token }
      case .failure, .legacyPush, .part: break
      }
    }
    if asked.count > 64 { asked.removeFirst(asked.count - 64) }
    while let event = node.nextEvent() { note(event) }
  }

  private mutating func note(_ event: Event) {
    switch event {
    case .finished(let operation, _):
      ended += 1
      if running.remove(operation) == nil, over.contains(operation) { complain("\(operation.number) ended twice") }
      over.insert(operation)
    case .values(let operation, let news, _):
      values += news.count
      expectRunning(operation, news.isEmpty)
    case .fields(let operation, let news, _): expectRunning(operation, news.isEmpty)
    case .changes(let operation, let changes):
      values += changes.count
      expectRunning(operation, changes.isEmpty)
    case .acknowledged(let operation, _), .traced(let operation, _): expectRunning(operation, false)
    case .resolve(let host): if hosts.count < 8 { hosts.append(host) }
    case .statusChanged, .publicAddressChanged: break
    case .check(let check): checks.append(check)
    }
  }

  private mutating func expectRunning(_ operation: OperationID, _ isEmpty: Bool) {
    if over.contains(operation) { complain("an event for \(operation.number), which is over") }
    if isEmpty { complain("an empty event for \(operation.number)") }
  }
}
