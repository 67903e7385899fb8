import DHTText
import OpenDHT

/// The shell of `dhtnode`: takes lines, runs them on a node, prints what comes of them. (tools.md §3.3–3.5)
actor Shell: LineShell {
  private struct RunningListen {
    var key: InfoHash
    var task: Task<Void, Never>
  }

  private let node: any NodeBackend
  private let proxies: (any ProxyControl)?
  private let output: any ShellOutput
  private let log: LogSwitch
  private let clock = ContinuousClock()
  private var listens: [Int: RunningListen] = [:]
  private var lastToken = 0

  init(
    _ node: any NodeBackend, proxies: (any ProxyControl)? = nil, output: any ShellOutput, log: LogSwitch = LogSwitch()
  ) {
    self.node = node
    self.proxies = proxies
    self.output = output
    self.log = log
  }

  nonisolated let prompt = ">> "
  func banner() async -> String { await NodeReport.banner(of: node) }

  /// Runs a line. A malformed one gives its line of text, and the shell goes on.
  func run(_ line: String) async -> ShellStep {
    do throws(ShellSyntaxError) {
      guard let command = try ShellCommand(line) else { return .next }
      return await run(command)
    } catch {
      if let note = error.key?.note { await say(note) }
      switch error.place {
      case .standardOutput: await say(error.text)
      case .standardError: await output.message(safe(error.text))
      }
      return .next
    }
  }

  /// Ends every listen; nothing of them is printed any more.
  func end() {
    for listen in listens.values { listen.task.cancel() }
    listens = [:]
  }

  private func run(_ command: ShellCommand) async -> ShellStep {
    switch command {
    case .exit: return .stop
    case .help: await output.result(shellHelp)
    case .nodeReport: await printNodeReport()
    case .routingTables: await output.result(await RoutingReport(of: node).text)
    case .searches(let key):
      await output.result(await SearchReport(of: node, at: key).text(forTerminal: output.isTerminal))
    case .storage(let key): await output.result(await StorageReport(of: node, at: key).text)
    case .addresses: await printAddresses()
    case .bootstrap(let host): return .running(Task { await self.bootstrap(to: host) })
    case .log(let hash): log.toggle(only: hash)
    case .connectivityChanged: await node.connectivityChanged()
    case .get(let key, let filters): return await start(key) { await self.get($0, filters) }
    case .query(let key, let query): return await start(key) { await self.query($0, query) }
    case .listen(let key, let filters): await listen(key, filters)
    case .cancelListen(let key, let token): await cancelListen(key, token)
    case .put(let key, let text, let isPermanent, let isCut):
      if isCut { await tellCut() }
      return await start(key) { await self.put(text, at: $0, isPermanent: isPermanent) }
    case .cancelPut(let key, let id): await cancelPut(key, id)
    case .putSigned(let key, let text, let isCut):
      return await startSecured(key, isCut) { await self.putSigned(text, at: $0) }
    case .putEncrypted(let key, let recipient, let text, let isCut):
      return await startSecured(key, isCut) { await self.putEncrypted(text, for: recipient, at: $0) }
    case .startProxy, .stopProxy, .useProxy, .leaveProxy, .setPushToken, .injectPush: await runProxy(command)
    }
    return .next
  }

  private func start(_ key: KeyArgument, _ work: @escaping @Sendable (InfoHash) async -> Void) async -> ShellStep {
    await announce(key)
    return .running(Task { await work(key.hash) })
  }

  private func startSecured(
    _ key: KeyArgument, _ isCut: Bool, _ work: @escaping @Sendable (InfoHash) async -> Void
  ) async -> ShellStep {
    guard node.identity != nil else {
      await announce(key)
      await output.message("An identity is required to perform this operation (run with -i)")
      return .next
    }
    if isCut { await tellCut() }
    return await start(key, work)
  }

  private func tellCut() async {
    await output.message("Only the first word was put. Quote a value of several words.")
  }

  private func announce(_ key: KeyArgument) async {
    if let note = key.note { await say(note) }
  }

  private func say(_ text: String) async { await output.result(safe(text)) }
  private func safe(_ text: String) -> String {
    output.isTerminal
      ? text.split(separator: "\n", omittingEmptySubsequences: false).map { terminalSafe(String($0)) }.joined(
        separator: "\n") : text
  }
}

// Proxies. What works says nothing, as in the network's tools.
extension Shell {
  private func runProxy(_ command: ShellCommand) async {
    guard let proxies else { return await output.message("There is no proxy in this program.") }
    switch command {
    case .startProxy(let port, let isSecure, let pushServer):
      await complain(await proxies.start(port: port, isSecure: isSecure, pushServer: pushServer))
    case .stopProxy(let port):
      if await !proxies.stop(port: port) { await output.message("No proxy is served on port \(port).") }
    case .useProxy(let server, let deviceKey): await complain(await proxies.use(server: server, deviceKey: deviceKey))
    case .leaveProxy: await complain(await proxies.leave())
    case .setPushToken(let token): await complain(await proxies.setPushToken(token))
    case .injectPush(let token):
      await output.result("Push: " + (await proxies.pushReceived(["to": "dhtnode", "token": token])))
    default: break
    }
  }

  private func complain(_ text: String?) async {
    if let text { await output.message(safe(text)) }
  }

  private func printNodeReport() async {
    var text = await NodeReport(of: node).text
    for report in await proxies?.reports() ?? [] { text += "\n" + report.text }
    await output.result(text)
  }
}

// Operations. Each prints one block when something comes, and one line at its end.
extension Shell {
  private func get(_ key: InfoHash, _ filters: [Query.Filter]) async {
    let start = clock.now
    let count = Counter()
    let (clock, output) = (clock, output)
    let outcome = await node.get(key, where: filters) { value in
      let total = count.add(1)
      let head = "Get: found 1 value(s) after \(durationText(clock.now - start)) (total \(total))\n\t"
      await output.result(Array(head.utf8) + valueText(value, forTerminal: output.isTerminal))
    }
    await finish("Get", outcome.ending, since: start, " (total \(count.value))")
  }

  private func query(_ key: InfoHash, _ query: Query) async {
    let start = clock.now
    let (clock, output) = (clock, output)
    let outcome = await node.query(key, query.forRecords) { record in
      let head = "Query: found field value index after \(durationText(clock.now - start))\n\t"
      await output.result(Array(head.utf8) + fieldRecordText(record, forTerminal: output.isTerminal))
    }
    await finish("Query", outcome.ending, since: start, "")
  }

  // The line of the network's tools, and for a failure its reason.
  private func finish(_ name: String, _ ending: Ending, since start: ContinuousClock.Instant, _ total: String) async {
    let word = ending == .completed ? "completed" : "failure"
    await output.result("\(name): \(word), took \(durationText(clock.now - start))\(total)")
    if ending != .completed { await output.message("\(name): \(ending.reason)") }
  }

  private func put(_ text: String, at key: InfoHash, isPermanent: Bool) async {
    let start = clock.now
    // Drawn here: a put that reaches nobody has no receipt, but its value is in our own storage under this id.
    let id = Value.ID.random(in: 1 ... .max)
    switch await node.put(Value(text, id: id), at: key, isPermanent: isPermanent) {
    case .success(let receipt):
      await output.result("Put: success, took \(durationText(clock.now - start)). Value ID: \(idText(receipt.valueID))")
    case .failure(let error):
      let shown = error.hasStartedPut ? id : 0
      await output.result("Put: failure, took \(durationText(clock.now - start)). Value ID: \(idText(shown))")
      await output.message("Put: \(error.description)")
    }
  }

  private func putSigned(_ text: String, at key: InfoHash) async {
    await tell("Put signed", since: clock.now, await node.putSigned(Value(text), at: key))
  }

  private func putEncrypted(_ text: String, for recipient: Recipient, at key: InfoHash) async {
    await tell("Put encrypted", since: clock.now, await node.putEncrypted(Value(text), for: recipient, at: key))
  }

  private func tell(_ name: String, since start: ContinuousClock.Instant, _ result: Result<PutReceipt, DHTError>) async
  {
    let took = "(took \(durationText(clock.now - start)))"
    switch result {
    case .success: await output.result("\(name): success \(took)")
    case .failure(let error):
      await output.result("\(name): failure \(took)")
      await output.message("\(name): \(error.description)")
    }
  }

  private func cancelPut(_ key: KeyArgument, _ id: Value.ID) async {
    await announce(key)
    if await !node.cancelPut(id, at: key.hash) {
      await output.message("No value \(idText(id)) is kept alive at this key.")
    }
  }

  private func bootstrap(to host: Host) async {
    if await !node.bootstrap(to: host) { await output.message("Cannot resolve \(safe(host.name)).") }
  }

  private func printAddresses() async {
    let addresses = await node.reportedAddresses(.ipv4) + node.reportedAddresses(.ipv6)
    await output.result((["Reported public addresses:"] + addresses.map(\.description)).joined(separator: "\n"))
  }
}

// Listens, named by a number.
extension Shell {
  private func listen(_ key: KeyArgument, _ filters: [Query.Filter]) async {
    await announce(key)
    lastToken += 1
    let token = lastToken
    await output.result("Listening, token: \(token)")
    let (node, output, live) = (node, output, Counter())
    let task = Task {
      let ending = await node.listen(key.hash, where: filters) { change in
        await output.result(Self.text(of: change, live, forTerminal: output.isTerminal))
      }
      if ending != .completed, ending != .cancelled { await output.message("Listen \(token): \(ending.reason)") }
      self.ended(token)
    }
    listens[token] = RunningListen(key: key.hash, task: task)
  }

  private func ended(_ token: Int) { listens[token] = nil }

  private static func text(of change: ListenChange, _ live: Counter, forTerminal: Bool) -> [UInt8] {
    switch change {
    case .added(let value):
      Array("Listen: found 1 values (total \(live.add(1)))\n\t".utf8) + valueText(value, forTerminal: forTerminal)
    case .updated(let value):
      Array("Listen: found 1 values (total \(live.value))\n\t".utf8) + valueText(value, forTerminal: forTerminal)
    case .expired:
      Array("Listen: found 1 values expired (total \(live.add(-1)))".utf8)
    }
  }

  private func cancelListen(_ key: KeyArgument, _ token: Int) async {
    await announce(key)
    guard let listen = listens[token], listen.key == key.hash else {
      await output.message("No listen \(token) at this key.")
      return
    }
    listen.task.cancel()
    listens[token] = nil
  }
}

extension DHTError {
  /// Whether a put got as far as our own storage.
  fileprivate var hasStartedPut: Bool {
    switch self {
    case .isolated, .notStored, .timedOut, .cancelled, .replaced: true
    case .throttled, .invalid, .notRunning, .alreadyRunning, .portInUse, .cannotBind, .cannotUseProxy, .cannotResolve,
      .noAnswer,
      .coding, .noIdentity, .security, .recipientUnknown, .sequenceExhausted:
      false
    }
  }
}
