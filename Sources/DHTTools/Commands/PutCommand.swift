import DHTJSON
import DHTText
import ArgumentParser
import OpenDHT

/// `dht put KEY [VALUE]`
struct PutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put", abstract: "Store a value.",
    discussion: """
      A VALUE is stored with the user type text/plain, a file with none, unless --user-type names one. At most 64 KB, \
      names included. Prints a receipt: who stored the value, who did not and why. A signed value can be replaced by its \
      owner alone, under the same --id; an encrypted one is signed too, and lives for ten minutes.
      """)

  @Argument(help: "Where to store.", transform: Transform.key) var key: KeyArgument
  @Argument(help: "Text to store.") var value: String?
  @Option(help: ArgumentHelp("Store the bytes of a file; - is standard input.", valueName: "file")) var file: String?
  @Option(
    help: ArgumentHelp("Value id, decimal or 0x and hexadecimal. (default: random)", valueName: "number"),
    transform: Transform.valueID)
  var id: Value.ID?
  @Option(help: ArgumentHelp("Number of the value's type.", valueName: "number")) var type: UInt16 = 0
  @Option(help: ArgumentHelp("User type, such as text/plain.", valueName: "text")) var userType: String?
  @Flag(help: "Keep the value alive until interrupted.") var permanent = false
  @Flag(help: "Read the value back from each node that took it.") var verify = false
  @Flag(help: "Sign the value.") var sign = false
  @Option(
    help: ArgumentHelp(
      "Encrypt the value for the owner of a key id of 40 digits, a long id of 64, or a file of a certificate or public key.",
      valueName: "id|file"))
  var encryptTo: String?
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: CommonOptions

  func validate() throws {
    if (value == nil) == (file == nil) { throw ValidationError("Give either a VALUE or --file.") }
  }

  func run() async throws {
    let value = try valueToPut()
    let recipient = try encryptTo.map { text in
      try complaining { () throws(IdentityFailure) in try RecipientArgument.read(text) }
    }
    let signer = isSecured ? try await identity.loadOrMake(options) : nil
    try await CommandRun.run(
      options, as: signer, publishes: permanent, notConnected: { run, reason in await deny(value.id, reason, run) }
    ) { run in await put(value, for: recipient, run) }
  }

  private var isSecured: Bool { sign || encryptTo != nil }

  private func valueToPut() throws -> Value {
    let data = try self.value.map { Array($0.utf8) } ?? contents(of: file ?? "-")
    let userType = self.userType ?? (file == nil ? "text/plain" : "")
    let value = Value(data, userType: userType, type: type, id: id ?? .random(in: 1 ... .max))
    guard value.size <= ValueType.maximumValueSize else {
      throw ValidationError("The value is too large: the network takes 64 KB, names included.")
    }
    return value
  }

  private func contents(of path: String) throws -> [UInt8] {
    var file = Descriptor.standardInput
    if path != "-" {
      switch Descriptor.reading(path) {
      case .success(let opened): file = opened
      case .failure(let reason): throw unreadable(path, reason)
      }
    }
    defer { if path != "-" { file.close() } }
    // A byte over the limit is enough to know that it is too much.
    guard let bytes = file.readAll(limit: ValueType.maximumValueSize) else { throw unreadable(path, SystemReason.last) }
    return bytes
  }

  private func unreadable(_ path: String, _ reason: SystemReason) -> any Error {
    Descriptor.standardError.write("dht: cannot read '\(terminalSafe(path))': \(reason)\n".utf8)
    return ExitCode(ExitStatus.failed.rawValue)
  }

  private func put(_ value: Value, for recipient: Recipient?, _ run: CommandRun) async -> ExitStatus {
    await run.output.startProgress("Putting…")
    do {
      let receipt = try await store(value, for: recipient, run)
      await show(receipt, nil, run)
    } catch {
      return await fail(error, value.id, run)
    }
    guard permanent else { return .done }
    await run.output.stopProgress()
    await run.output.message("the value is kept alive; interrupt to end")
    try? await Task.sleep(for: run.remaining ?? .seconds(1 << 40))  // or until a signal cancels the task
    return .done
  }

  private func store(
    _ value: Value, for recipient: Recipient?, _ run: CommandRun
  ) async throws(DHTError) -> PutReceipt {
    if let recipient {
      return try await run.dht.putEncrypted(
        value, for: recipient, at: key.hash, permanent: permanent, verify: verify, deadline: run.remaining)
    }
    guard sign else {
      return try await run.dht.put(value, at: key.hash, permanent: permanent, verify: verify, deadline: run.remaining)
    }
    var value = value
    // An id that was drawn has no earlier value whose number would have to be looked up.
    if id == nil { value.id = 0 }
    // A node that keeps another owner's value under this id acknowledges ours all the same: only reading it back tells.
    return try await run.dht.putSigned(
      value, at: key.hash, permanent: permanent, verify: verify || id != nil, deadline: run.remaining)
  }

  private func fail(_ error: DHTError, _ id: Value.ID, _ run: CommandRun) async -> ExitStatus {
    var receipt = PutReceipt(ending: .completed, valueID: id)
    if case .notStored(let known) = error { receipt = known }
    await show(receipt, error.description, run)
    await run.output.error(error.description)
    switch error {
    case .isolated: return .notConnected
    case .timedOut: return await run.dht.status.best == .connected ? .failed : .notConnected
    case .invalid, .security(.tooLarge): return .usage
    case .noIdentity, .security, .recipientUnknown: return .keyOrPassword
    case .notRunning, .alreadyRunning, .portInUse, .cannotBind, .cannotUseProxy, .throttled, .cancelled, .replaced,
      .notStored,
      .cannotResolve, .noAnswer, .coding, .sequenceExhausted:
      return .failed
    }
  }

  /// The receipt of a put that was never begun: for scripts alone.
  private func deny(_ id: Value.ID, _ reason: String, _ run: CommandRun) async {
    guard run.output.isJSON else { return }
    await show(PutReceipt(ending: .isolated, valueID: id), reason, run)
  }

  private func show(_ receipt: PutReceipt, _ error: String?, _ run: CommandRun) async {
    if run.output.isJSON {
      await run.output.json(JSON.members(of: receipt, signer: run.dht.identity?.id, elapsed: run.elapsed, error: error))
      return
    }
    if error == nil, !options.quiet {
      let count = receipt.stored.count
      let place = receipt.proxy != nil ? "by the proxy" : count == 1 ? "at 1 node" : "at \(count) nodes"
      let verified = receipt.isVerified ? ", verified" : ""
      let sequence =
        sign && encryptTo == nil ? ", signed (v\(receipt.sequence))" : encryptTo == nil ? "" : ", encrypted"
      await run.output.result(
        "Stored \(place)\(verified), id \(idText(receipt.valueID))\(sequence), \(durationText(run.elapsed))")
    }
    for failure in receipt.failed { await run.output.message("not stored at \(failure.node): \(failure.reason.text)") }
  }
}
