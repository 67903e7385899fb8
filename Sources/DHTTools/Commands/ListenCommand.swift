import DHTJSON
import DHTText
import ArgumentParser
import OpenDHT

/// `dht listen KEY`
struct ListenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "listen", abstract: "Watch the values of a key.",
    discussion: """
      Prints a line for each change, until interrupted: + added, ~ updated, - expired. With --identity, values encrypted \
      for it are opened, and its certificate is published, so that others can encrypt for it by its id.
      """)

  @Argument(help: "What to watch.", transform: Transform.key) var key: KeyArgument
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: CommonOptions

  func run() async throws {
    try await CommandRun.run(options, as: identity.load(), publishes: true) { run in await listen(run) }
  }

  private func listen(_ run: CommandRun) async -> ExitStatus {
    let changes = run.dht.listen(to: key.hash, deadline: run.remaining)
    let watching = Task { await tellIfNotConnected(run) }
    defer { watching.cancel() }
    for await change in changes { await show(change, run) }
    if Task.isCancelled { return .done }
    let ending = await changes.ending
    switch ending {
    case .completed, .timedOut, .cancelled:
      if await run.dht.status.best == .connected { return .done }
      await run.output.error(DHTError.isolated.description)
      return .notConnected
    case .isolated:
      await run.output.error(ending.reason)
      return .notConnected
    case .throttled, .replaced, .invalid:
      await run.output.error(ending.reason)
      return .failed
    }
  }

  /// A listen waits for a network that is away; a person should know that it waits.
  private func tellIfNotConnected(_ run: CommandRun) async {
    do throws(DHTError) { try await run.dht.waitUntilConnected() } catch {
      if error == .timedOut { await run.output.message("not connected yet; waiting for the network") }
    }
  }

  private func show(_ change: ListenChange, _ run: CommandRun) async {
    let (sign, event, value) =
      switch change {
      case .added(let value): ("+ ", "added", value)
      case .updated(let value): ("~ ", "updated", value)
      case .expired(let value): ("- ", "expired", value)
      }
    if run.output.isJSON {
      await run.output.json([("event", .string(event))] + JSON.members(of: value))
    } else {
      await run.output.result(Array(sign.utf8) + valueText(value, forTerminal: run.output.isTerminal))
    }
  }
}
