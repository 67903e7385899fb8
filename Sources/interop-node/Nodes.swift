import DHTIndex
import OpenDHT

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The nodes of the process, by the numbers that the test gave them.
actor Nodes {
  private enum Failure: Error {
    case missing(String)
    case unknownNode(Int)
    case unknownField(String)
  }

  private let lines: LineWriter
  let started = ContinuousClock.now
  private var nodes: [Int: DHT] = [:]
  private var listens: [Int: DHT.Changes] = [:]
  var indexes: [Int: PrefixIndex] = [:]

  init(_ lines: LineWriter) { self.lines = lines }

  /// Does what a line asks for, and writes the answer.
  func handle(_ line: String) async {
    let request: Request
    do {
      request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
    } catch {
      lines.write(Reply(event: "refused", error: "\(error)"))
      return
    }
    var reply: Reply
    do {
      reply = try await answer(request)
    } catch {
      reply = Reply(ok: false, error: "\(error)")
    }
    reply.tag = request.tag
    lines.write(reply)
  }

  func stopAll() async {
    for dht in nodes.values { await dht.stop() }
    nodes = [:]
  }
}

extension Nodes {
  private func answer(_ request: Request) async throws -> Reply {
    switch request.op {
    case .start: return try await start(request)
    case .bootstrap: return try bootstrap(request)
    case .ping: return try await ping(request)
    case .put: return try await put(request)
    case .putSigned: return try await putSigned(request)
    case .putEncrypted: return try await putEncrypted(request)
    case .cancelPut: return try await cancelPut(request)
    case .get: return try await get(request)
    case .query: return try await query(request)
    case .listen: return try listen(request)
    case .cancel:
      listens.removeValue(forKey: try present(request.listen, "listen"))?.cancel()
      return Reply(ok: true)
    case .table: return try await table(request)
    case .saveIdentity: return try saveIdentity(request)
    case .certificate: return try await certificate(request)
    case .counters: return Reply(ok: true, counters: CounterLine(try await node(of: request).counters))
    case .seal: return try seal(request)
    case .openIndex: return try openIndex(request)
    case .indexInsert: return try await indexInsert(request)
    case .indexLookup: return try await indexLookup(request)
    case .examples:
      let friend = try present(InfoHash(hex: try present(request.to, "to")), "to")
      try await usageExamples(try node(of: request), friend: friend)
      return Reply(ok: true)
    case .stop:
      let dht = try node(of: request)
      await dht.stop()
      return Reply(ok: true)
    case .quit:
      await stopAll()
      return Reply(ok: true)
    }
  }

  private func start(_ request: Request) async throws -> Reply {
    let number = try present(request.node, "node")
    var configuration = DHT.Configuration(port: request.port ?? 0, network: request.network ?? 0)
    configuration.bindIPv4 = IPAddress(bytes: [127, 0, 0, 1])
    configuration.bindIPv6 = IPAddress(bytes: Array(repeating: 0, count: 15) + [1])
    configuration.node.families = []
    if request.ipv4?.isEmpty == false { configuration.node.families.insert(.ipv4) }
    if request.ipv6?.isEmpty == false { configuration.node.families.insert(.ipv6) }
    configuration.node.isClient = request.client ?? false
    if request.limited != true {
      // All nodes of a test share one address, and so one allowance. Those of the reference run without it, too.
      configuration.node.limits.requestsPerSecond = nil
      configuration.node.limits.requestsPerSecondAndAddress = nil
    }
    configuration.identity = try identity(of: request)
    let dht = DHT(configuration)
    try await dht.start()
    nodes[number] = dht
    let ports = await dht.boundPorts
    return Reply(
      ok: true, id: dht.nodeID.description, port4: ports.ipv4 ?? 0, port6: ports.ipv6 ?? 0,
      keyID: dht.identity?.id.description, longID: dht.identity?.longID.description,
      publicKey: dht.identity.map { Data($0.privateKey.publicKey.derRepresentation) })
  }

  private func bootstrap(_ request: Request) throws -> Reply {
    let hosts = try present(request.hosts, "hosts")
    try node(of: request).bootstrap(to: hosts.map { Host(name: $0.name, port: $0.port) })
    return Reply(ok: true)
  }

  private func ping(_ request: Request) async throws -> Reply {
    let host = Host(name: try present(request.host, "host"), port: try present(request.port, "port"))
    let outcome = try await node(of: request).ping(host)
    return Reply(ok: true, id: outcome.node?.id.description, elapsed: outcome.roundTrip.map(seconds))
  }

  private func put(_ request: Request) async throws -> Reply {
    let (dht, key, value) = (try node(of: request), try key(of: request), try value(of: request))
    let began = ContinuousClock.now
    let receipt = try await dht.put(
      value, at: key, permanent: request.permanent ?? false, verify: request.verify ?? false)
    return reply(receipt, began)
  }

  private func cancelPut(_ request: Request) async throws -> Reply {
    let id = try present(request.id.flatMap { Value.ID($0, radix: 16) }, "id of 16 hex digits")
    return Reply(ok: try await node(of: request).cancelPut(id, at: key(of: request)))
  }

  private func get(_ request: Request) async throws -> Reply {
    let dht = try node(of: request)
    let key = try key(of: request)
    let filters = try filters(of: request)
    let began = ContinuousClock.now
    var reply = Reply(values: [], at: seconds(began - started))
    let found = dht.values(at: key, where: filters)
    for await value in found {
      if reply.first == nil { reply.first = seconds(ContinuousClock.now - began) }
      reply.values?.append(ValueLine(value))
    }
    let outcome = await found.outcome
    reply.elapsed = seconds(ContinuousClock.now - began)
    reply.ok = outcome.ending == .completed
    reply.error = outcome.ending == .completed ? nil : "\(outcome.ending)"
    reply.nodes = outcome.answered
    return reply
  }

  private func query(_ request: Request) async throws -> Reply {
    let fields = try (request.select ?? []).map { name in
      guard let field = fieldNames[name] else { throw Failure.unknownField(name) }
      return field
    }
    let query = Query(select: fields, where: try filters(of: request))
    let records = try node(of: request).query(query, at: key(of: request))
    var reply = Reply(records: [])
    for await record in records { reply.records?.append(RecordLine(record)) }
    let outcome = await records.outcome
    reply.ok = outcome.ending == .completed
    reply.error = outcome.ending == .completed ? nil : "\(outcome.ending)"
    return reply
  }

  private func listen(_ request: Request) throws -> Reply {
    let number = try present(request.listen, "listen")
    let changes = try node(of: request).listen(to: key(of: request))
    listens[number] = changes
    Task { [lines, started] in
      for await change in changes {
        let (event, value) = named(change)
        lines.write(
          Reply(event: event, listen: number, value: ValueLine(value), at: seconds(ContinuousClock.now - started)))
      }
    }
    return Reply(ok: true)
  }

  private func table(_ request: Request) async throws -> Reply {
    let dht = try node(of: request)
    let good4 = await dht.statistics(.ipv4).good
    let good6 = await dht.statistics(.ipv6).good
    return Reply(ok: true, good4: good4, good6: good6)
  }
}

extension Nodes {
  func value(of request: Request) throws -> Value {
    Value(
      Array(try present(request.data, "data")), userType: request.userType ?? "", type: request.type ?? 0,
      id: request.id.flatMap { Value.ID($0, radix: 16) } ?? 0)
  }

  func reply(_ receipt: PutReceipt, _ began: ContinuousClock.Instant) -> Reply {
    Reply(
      ok: !receipt.stored.isEmpty, error: receipt.stored.isEmpty ? "\(receipt.ending)" : nil,
      id: hex16(receipt.valueID), sequence: receipt.sequence, nodes: receipt.stored.count,
      at: seconds(began - started), elapsed: seconds(ContinuousClock.now - began))
  }

  func node(of request: Request) throws -> DHT {
    let number = try present(request.node, "node")
    guard let dht = nodes[number] else { throw Failure.unknownNode(number) }
    return dht
  }

  func key(of request: Request) throws -> InfoHash {
    try present(InfoHash(hex: try present(request.key, "key")), "key of 40 hex digits")
  }

  private func filters(of request: Request) throws -> [Query.Filter] {
    try (request.filters ?? []).map { filter in
      switch fieldNames[filter.field] {
      case .id: .id(try present(Value.ID(filter.value), "id"))
      case .valueType: .valueType(try present(UInt16(filter.value), "type"))
      case .owner: .owner(try present(InfoHash(hex: filter.value), "owner"))
      case .sequence: .sequence(try present(UInt16(filter.value), "sequence"))
      case .userType: .userType(filter.value)
      case nil: throw Failure.unknownField(filter.field)
      }
    }
  }

  func present<T>(_ value: T?, _ name: String) throws -> T {
    guard let value else { throw Failure.missing(name) }
    return value
  }
}

/// Names of fields in the text of a query. (wire.md §6.5)
private let fieldNames: [String: Query.Field] = [
  "id": .id, "value_type": .valueType, "owner_pk": .owner, "seq": .sequence, "user_type": .userType,
]

private func named(_ change: ListenChange) -> (event: String, value: Value) {
  switch change {
  case .added(let value): ("added", value)
  case .updated(let value): ("updated", value)
  case .expired(let value): ("expired", value)
  }
}

func seconds(_ duration: Duration) -> Double { duration / .seconds(1) }
