import DHTModel
import DHTProxyMessages
import Foundation
import NIOConcurrencyHelpers
import OpenDHT
import Testing

@testable import DHTProxyServer

/// Registrations over a stand-in for the node, with their files and a stand-in for the gateway. (proxy.md §6, §8, §10)
@Suite struct RegistrationsTests {
  private let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
  private func context(_ token: String, _ platform: PushPlatform = .android, client: String = "c") -> PushContext {
    PushContext(token: token, clientID: client, platform: platform, sessionID: "s")
  }

  /// Runs registrations, and stops them.
  private func withRegistrations<T>(
    _ network: StandInNetwork = StandInNetwork(), gateway: UInt16? = nil,
    _ change: (inout Registrations.Configuration) -> Void = { _ in }, _ body: (Registrations) async throws -> T
  ) async throws -> T {
    var configuration = Registrations.Configuration()
    configuration.push.gateway = gateway.map { PushGateway(host: "127.0.0.1", port: $0) }
    configuration.push.limits.firstPause = .milliseconds(100)
    configuration.push.limits.requestTimeout = .seconds(2)
    change(&configuration)
    let registrations = Registrations(network.network, configuration)
    try await registrations.start()
    let result = await Result { try await body(registrations) }
    await registrations.stop()
    return try result.get()
  }

  @Test("X-65: without a gateway nothing is sent and nothing fails; X-52 X-53 X-54")
  func withoutGateway() async throws {
    let network = StandInNetwork()
    try await withRegistrations(network) { registrations in
      #expect(try await registrations.subscribe(SubscribeBody(context("t")), at: key) == .new)
      #expect(try await registrations.subscribe(SubscribeBody(context("t")), at: key) == .known)
      #expect(try await registrations.subscribe(SubscribeBody(context("t"), isRefresh: true), at: key) == .refreshed)
      network.tell(.added(Value("a", id: 1)), at: key)
      await registrations.ping(PingPushBody(context("t")))
      #expect(await eventually { network.state.withLockedValue { $0.listens } == [key] })
      let statistics = await registrations.statistics
      #expect(statistics.pushTokens == 1 && statistics.waitingPushes == 0 && statistics.android.high == 0)
      try await registrations.unsubscribe(UnsubscribeBody(token: "t", clientID: "c"), at: key)
      #expect(await registrations.statistics.pushTokens == 0)
    }
  }

  @Test("X-39 X-40: a permanent put is put by the node; the same again is not; one that fails stays")
  func put() async throws {
    let network = StandInNetwork()
    try await withRegistrations(network) { registrations in
      let value = try await registrations.put(PutBody(Value("a"), permanence: .unreminded), at: key)
      #expect(value.id != 0)
      #expect(try await registrations.put(PutBody(Value("a"), permanence: .unreminded), at: key) == value)
      #expect(network.state.withLockedValue { $0.puts } == [.init(key: key, valueID: value.id)])
      network.state.withLockedValue { $0.error = .isolated }
      await #expect(throws: RegistrationRefusal.notStored(.isolated)) {
        try await registrations.put(PutBody(Value("b", id: 5), permanence: .unreminded), at: key)
      }
      #expect(await registrations.statistics.permanentPuts == 2)
      network.state.withLockedValue { $0.error = .invalid(.zeroKey) }
      await #expect(throws: RegistrationRefusal.notStored(.invalid(.zeroKey))) {
        try await registrations.put(PutBody(Value("c", id: 6), permanence: .unreminded), at: key)
      }
      #expect(await registrations.statistics.permanentPuts == 2)
      let secret = PushContext(token: "", secret: "x")
      network.state.withLockedValue { $0.error = nil }
      _ = try await registrations.put(PutBody(Value("d", id: 7), permanence: .reminding(secret)), at: key)
      await #expect(throws: RegistrationRefusal.wrongSecret) {
        try await registrations.cancelPut(7, at: key, secret: "y")
      }
      try await registrations.cancelPut(7, at: key, secret: "x")
      #expect(network.state.withLockedValue { $0.cancelled }.last == .init(key: key, valueID: 7))
    }
  }

  @Test("X-39: a put that the node refuses leaves what was acknowledged before it, also after a restart")
  func refusedPut() async throws {
    try await withFolder { folder in
      let network = StandInNetwork()
      let id = PermanentPut.ID(key: key, valueID: 9)
      try await withRegistrations(network, { $0.statePath = folder + "/state" }) { registrations in
        _ = try await registrations.put(PutBody(Value("signed", id: 9), permanence: .unreminded), at: key)
        for error in [DHTError.invalid(.wouldReplaceSignedValue), .throttled] {
          network.state.withLockedValue { $0.error = error }
          await #expect(throws: RegistrationRefusal.notStored(error)) {
            try await registrations.put(PutBody(Value("other", id: 9), permanence: .unreminded), at: key)
          }
          #expect(await registrations.puts.entries[id]?.value == Value("signed", id: 9))
        }
        #expect(await registrations.pending.isEmpty)
        #expect(network.state.withLockedValue { $0.cancelled } == [])
      }
      let saved = try RegistrationFiles(path: folder + "/state").load().saved
      #expect(saved.puts[id]?.value == Value("signed", id: 9))
    }
  }

  @Test("Of several puts of one id the last one stands that the node took, however late it says so")
  func pendingPuts() {
    let id = PermanentPut.ID(key: key, valueID: 9)
    let entries = ["a", "b", "c"].map { PermanentPut(value: Value($0, id: 9), end: Instant(nanoseconds: 0)) }
    var pending = PendingPuts()
    pending.begin(1, id, entries[1], former: entries[0])
    pending.begin(2, id, entries[2], former: entries[1])
    #expect(pending.refused(1, id) == .unchanged && pending.refused(2, id) == .former(entries[0]))
    #expect(pending.isEmpty)
    pending.begin(3, id, entries[1], former: entries[0])
    pending.begin(4, id, entries[2], former: entries[1])
    #expect(pending.refused(4, id) == .former(entries[1]))
    pending.accepted(3, id)
    #expect(pending.isEmpty)
    pending.begin(5, id, entries[1], former: nil)
    #expect(pending.refused(5, id) == .gone && pending.refused(5, id) == .unchanged && pending.isEmpty)
  }

  @Test("X-41: a stopped server's puts are not announced any more, and a restart announces what was saved")
  func stopped() async throws {
    try await withFolder { folder in
      let network = StandInNetwork()
      for _ in 1...2 {
        try await withRegistrations(network, { $0.statePath = folder + "/state" }) { registrations in
          _ = try await registrations.put(PutBody(Value("a", id: 9), permanence: .unreminded), at: key)
          #expect(await registrations.statistics.permanentPuts == 1)
        }
      }
      #expect(network.state.withLockedValue { $0.cancelled.count } == 2)
      #expect(try RegistrationFiles(path: folder + "/state").load().saved.puts.count == 1)
    }
  }

  @Test("X-64: a test is pushed")
  func ping() async throws {
    let gateway = StandInGateway()
    let port = try await gateway.start()
    try await withRegistrations(gateway: port) { registrations in
      await registrations.ping(PingPushBody(context("t", .iOS)))
      #expect(await gateway.requests(1).first?.body.contains(#""data":{"pong":true,"to":"c"}"#) == true)
    }
    await gateway.stop()
  }

  @Test("X-61 X-42: reminded by the clock")
  func reminded() async throws {
    let gateway = StandInGateway()
    let port = try await gateway.start()
    func limits(_ configuration: inout Registrations.Configuration) {
      configuration.limits.lifetime = .seconds(60)
      configuration.limits.reminderLead = .milliseconds(59_800)
      configuration.limits.reminderSpread = .zero
    }
    try await withRegistrations(gateway: port, limits) { registrations in
      _ = try await registrations.subscribe(SubscribeBody(context("t")), at: key)
      let put = PutBody(Value("a", id: 5), permanence: .reminding(context("t")))
      _ = try await registrations.put(put, at: key)
      let bodies = await gateway.requests(2).map(\.body)
      #expect(bodies.count == 2 && bodies.allSatisfy { $0.contains(#""timeout":"\#(key)""#) })
      #expect(bodies.contains { $0.contains(#""vid":"5""#) })
    }
    await gateway.stop()
  }

  @Test("X-61 X-41: ended by the clock")
  func ended() async throws {
    let network = StandInNetwork()
    func limits(_ configuration: inout Registrations.Configuration) {
      configuration.limits.lifetime = .milliseconds(300)
      configuration.limits.reminderLead = .zero
    }
    try await withRegistrations(network, limits) { registrations in
      _ = try await registrations.subscribe(SubscribeBody(context("t")), at: key)
      _ = try await registrations.put(PutBody(Value("a", id: 5), permanence: .unreminded), at: key)
      #expect(await eventually { network.state.withLockedValue { $0.cancelled } == [.init(key: key, valueID: 5)] })
      #expect(await eventually { await registrations.statistics.subscriptions == 0 })
    }
  }

  @Test("The gateway is killed and comes back: every push arrives")
  func gatewayKilled() async throws {
    let first = StandInGateway()
    let port = try await first.start()
    let network = StandInNetwork()
    try await withRegistrations(network, gateway: port) { registrations in
      for index in 0..<20 {
        _ = try await registrations.subscribe(SubscribeBody(context("t\(index)")), at: key)
      }
      network.tell(.added(Value("a", id: 1)), at: key)
      #expect(await first.requests(20).count == 20)
      // Connections are kept, and used again.
      #expect(first.connections < 20)
      await first.stop()
      network.tell(.added(Value("b", id: 2)), at: key)
      #expect(await eventually { await registrations.statistics.failed >= 20 })
      network.tell(.added(Value("c", id: 3)), at: key)
      let second = StandInGateway()
      try await second.start(port: Int(port))
      #expect(await eventually { await registrations.statistics.waitingPushes == 0 })
      // Mostly as one push with both.
      let bodies = second.requests.map(\.body)
      for index in 0..<20 {
        let own = bodies.filter { $0.hasSuffix(#""tokens":["t\#(index)"]}]}"#) }
        let ids = own.flatMap { $0.split(separator: #""ids":""#)[1].prefix { $0 != "\"" }.split(separator: ",") }
        // What the first gateway had taken when it died, and not answered, comes once more.
        #expect(Set(ids).isSuperset(of: ["2", "3"]) && Set(ids).isSubset(of: ["1", "2", "3"]))
      }
      await second.stop()
    }
  }

  @Test("A gateway that takes requests and says nothing is asked again, and does not hold up the end")
  func silentGateway() async throws {
    let gateway = StandInGateway { _ in nil }
    let port = try await gateway.start()
    let clock = ContinuousClock()
    let network = StandInNetwork()
    var stopped = clock.now
    try await withRegistrations(network, gateway: port, { $0.push.limits.requestTimeout = .milliseconds(300) }) {
      registrations in
      _ = try await registrations.subscribe(SubscribeBody(context("t")), at: key)
      network.tell(.added(Value("a", id: 1)), at: key)
      #expect(await gateway.requests(2).count == 2)
      #expect(await registrations.statistics.failed >= 1)
      stopped = clock.now
    }
    #expect(clock.now - stopped < .seconds(2))
    await gateway.stop()
  }

  @Test("An answer without end is not read to its end")
  func longAnswer() async throws {
    let gateway = StandInGateway { _ in (200, String(repeating: "x", count: 1 << 22)) }
    let port = try await gateway.start()
    try await withRegistrations(gateway: port) { registrations in
      await registrations.ping(PingPushBody(context("t")))
      #expect(await eventually { await registrations.statistics.delivered == 1 })
    }
    await gateway.stop()
  }

  @Test("Dead tokens are dropped: named by the gateway, or 410 from an endpoint")
  func deadTokens() async throws {
    let gateway = StandInGateway { request in
      request.head[0].hasPrefix("POST /up")
        ? (410, "") : (200, #"{"logs":[{"token":"dead","error":"Unregistered"}]}"#)
    }
    let port = try await gateway.start()
    let network = StandInNetwork()
    network.state.withLockedValue { $0.addresses = [.init(ip: IPAddress(ipv4: 0x7f00_0001), port: port)] }
    try await withRegistrations(network, gateway: port, { $0.push.allowsLocalEndpoints = true }) { registrations in
      for token in ["dead", "alive"] { _ = try await registrations.subscribe(SubscribeBody(context(token)), at: key) }
      let endpoint = "http://up.example.org:\(port)/up"
      _ = try await registrations.subscribe(SubscribeBody(context(endpoint, .unifiedPush)), at: key)
      network.tell(.added(Value("a", id: 1)), at: key)
      let isDone = await eventually {
        let statistics = await registrations.statistics
        return statistics.subscriptions == 1 && statistics.gone == 2 && statistics.delivered == 1
      }
      #expect(isDone)
    }
    await gateway.stop()
  }

  @Test("UnifiedPush: no local address, whatever the name; only allowed names; no redirect is followed")
  func endpoints() async throws {
    let endpoint = StandInGateway { _ in (302, "") }
    let port = try await endpoint.start()
    func refused(
      _ host: String, _ addresses: [DHTModel.SocketAddress], _ change: (inout PushConfiguration) -> Void
    ) async throws -> Int {
      let network = StandInNetwork()
      network.state.withLockedValue { $0.addresses = addresses }
      return try await withRegistrations(network, { change(&$0.push) }) { registrations in
        await registrations.ping(PingPushBody(context("http://\(host):\(port)/x", .unifiedPush)))
        #expect(await eventually { await registrations.statistics.refused == 1 })
        return endpoint.requests.count
      }
    }
    let loopback = DHTModel.SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: port)
    let global = DHTModel.SocketAddress(ip: IPAddress(ipv4: 0x0808_0808), port: port)
    #expect(try await refused("public.example.org", [loopback]) { _ in } == 0)
    #expect(try await refused("public.example.org", [global, loopback]) { _ in } == 0)
    // The address by which other nodes know this one.
    let ours = DHTModel.SocketAddress(ip: IPAddress(ipv4: 0x0909_0909), port: port)
    #expect(try await refused("public.example.org", [ours]) { _ in } == 0)
    #expect(PushTransport.interfaceAddresses().contains(loopback.ip))
    #expect(
      try await refused("public.example.org", [loopback]) {
        $0.allowsLocalEndpoints = true
        $0.unifiedPushHosts = ["other.example.org"]
      } == 0)
    // The name leads nowhere: the connection goes to the address that was looked at.
    #expect(try await refused("public.invalid", [loopback]) { $0.allowsLocalEndpoints = true } == 1)
    #expect(endpoint.requests.first?.head[0] == "POST /x HTTP/1.1")
    await endpoint.stop()
  }

  @Test("What was acknowledged is on disk: a run that is killed at any moment loses none of it")
  func acknowledged() async throws {
    try await withFolder { folder in
      let files = RegistrationFiles(path: folder + "/state_8000")
      let network = StandInNetwork()
      let saved = NIOLockedValueBox(Set<PermanentPut.ID>())
      func often(_ configuration: inout Registrations.Configuration) {
        configuration.statePath = files.path
        configuration.limits.journalAllowance = 2000
      }
      try await withRegistrations(network, often) { registrations in
        await withTaskGroup(of: Void.self) { group in
          for index in UInt64(1)...500 {
            group.addTask {
              let id = PermanentPut.ID(key: key, valueID: index)
              let put = PutBody(Value("a", id: index), permanence: .reminding(PushContext(token: "", secret: "x")))
              guard (try? await registrations.put(put, at: key)) != nil else { return }
              if index % 5 == 0, (try? await registrations.cancelPut(index, at: key, secret: "x")) != nil { return }
              let promised = saved.withLockedValue { saved in
                saved.insert(id)
                return saved
              }
              if index.isMultiple(of: 7) {
                let found = stateIfKilled(files, copy: "\(folder)/\(index)")
                let missing = found.map { promised.subtracting($0.saved.puts.keys) }
                #expect(missing?.isEmpty != false)
              }
            }
          }
        }
        let found = try files.load()
        #expect(found.saved.puts.count == 400)
      }
      #expect(try files.load().saved.puts.count == 400)
    }
  }

  /// What a new run would find if this one were killed now: a copy, the journal before the file, as a crash leaves them.
  private func stateIfKilled(_ files: RegistrationFiles, copy: String) -> RegistrationFiles.Found? {
    let copies = RegistrationFiles(path: copy)
    for (from, to) in [(files.journalPath, copies.journalPath), (files.path, copies.path)] {
      // A file may be replaced while it is copied.
      guard let bytes = try? Data(contentsOf: URL(filePath: from)) else { return nil }
      try? bytes.write(to: URL(filePath: to))
    }
    return try? copies.load()
  }

  @Test("X-62: a new run takes up what the last one left: puts, listens, ends, sessions, secrets")
  func restart() async throws {
    try await withFolder { folder in
      let path = folder + "/state_8000"
      var secret = context("t")
      secret.secret = "x"
      try await withRegistrations(StandInNetwork(), { $0.statePath = path }) { registrations in
        _ = try await registrations.put(PutBody(Value("a", id: 5), permanence: .reminding(secret)), at: key)
        _ = try await registrations.subscribe(SubscribeBody(secret), at: key)
      }
      let network = StandInNetwork()
      try await withRegistrations(network, { $0.statePath = path }) { registrations in
        #expect(await eventually { network.state.withLockedValue { $0.puts.count == 1 && $0.listens.count == 1 } })
        await #expect(throws: RegistrationRefusal.wrongSecret) {
          try await registrations.subscribe(SubscribeBody(context("t")), at: key)
        }
        #expect(try await registrations.subscribe(SubscribeBody(secret), at: key) == .known)
        try await registrations.cancelPut(5, at: key, secret: "x")
      }
      // Long over: gone at once.
      var old = SavedRegistrations()
      old.puts[.init(key: key, valueID: 1)] = .init(value: Value("a", id: 1), end: 1000)
      old.subscribers[.init(token: "t", key: key, clientID: "c")] = .init(context: context("t"), end: 1000)
      try RegistrationFiles(path: path).finish(old)
      try await withRegistrations(StandInNetwork(), { $0.statePath = path }) { registrations in
        let statistics = await registrations.statistics
        #expect(statistics.permanentPuts == 0 && statistics.subscriptions == 0)
      }
    }
  }

  @Test("Where nothing can be written nothing starts, nor where another server writes")
  func unwritable() async throws {
    try await withFolder { folder in
      func start(_ path: String) async throws -> Registrations {
        let registrations = Registrations(StandInNetwork().network, Registrations.Configuration(statePath: path))
        do { try await registrations.start() } catch {
          await registrations.stop()
          throw error
        }
        return registrations
      }
      await #expect(throws: (any Error).self) { try await start(folder + "/none/state") }
      let first = try await start(folder + "/state")
      await #expect(throws: (any Error).self) { try await start(folder + "/state") }
      #expect(try await first.put(PutBody(Value("a", id: 5), permanence: .unreminded), at: key).id == 5)
      await first.stop()
      let second = try await start(folder + "/state")
      #expect(await second.statistics.permanentPuts == 1)
      await second.stop()
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["state"])
    }
  }

  @Test("A disk that fails while the server runs is said to whoever asks, and so is that it works again")
  func failingDisk() async throws {
    try await withFolder { folder in
      func often(_ configuration: inout Registrations.Configuration) {
        configuration.statePath = folder + "/inner/state"
        configuration.limits.journalAllowance = -1 << 20
      }
      try FileManager.default.createDirectory(atPath: folder + "/inner", withIntermediateDirectories: true)
      try await withRegistrations(StandInNetwork(), often) { registrations in
        try FileManager.default.moveItem(atPath: folder + "/inner", toPath: folder + "/outer")
        await #expect(throws: RegistrationRefusal.notSaved) {
          try await registrations.put(PutBody(Value("a", id: 5), permanence: .unreminded), at: key)
        }
        try FileManager.default.moveItem(atPath: folder + "/outer", toPath: folder + "/inner")
        #expect(try await registrations.put(PutBody(Value("a", id: 5), permanence: .unreminded), at: key).id == 5)
      }
    }
  }

  @Test("Secrets travel in members that peers pass over")
  func secrets() throws {
    let context = PushContext(token: "t", clientID: "c", sessionID: "s", secret: "x")
    #expect(
      String(decoding: SubscribeBody(context).bytes(), as: UTF8.self)
        == #"{"client_id":"c","key":"t","platform":"","secret":"x","session_id":"s","topic":""} "#)
    #expect(try SubscribeBody(reading: SubscribeBody(context).bytes()).context == context)
    let put = PutBody(Value("a"), permanence: .reminding(PushContext(token: "", secret: "x")))
    #expect(try PutBody(reading: put.bytes()) == put)
    let end = UnsubscribeBody(token: "t", clientID: "c", secret: "x")
    #expect(try UnsubscribeBody(reading: end.bytes()) == end)
  }
}

extension Registrations.Configuration {
  fileprivate init(statePath: String) {
    self.init()
    self.statePath = statePath
  }
}

extension Result where Failure == any Error {
  fileprivate init(_ body: () async throws -> Success) async {
    do throws(any Error) { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
