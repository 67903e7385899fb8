import DHTJSON
import DHTText
import ArgumentParser
import OpenDHT

/// `dht get KEY`
struct GetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Find the values of a key.",
    discussion: """
      Prints a line for each value, as soon as it comes. With --first the data of the first value alone is written, byte \
      for byte, so that it can go to a file or a variable; a terminal gets a line end after it. Signatures are verified: a value with a \
      wrong one is not shown. Values encrypted for the --identity are opened; others that are encrypted cannot be read.
      """)

  @Argument(help: "Where to look.", transform: Transform.key) var key: KeyArgument
  @Option(
    name: .customLong("where"),
    help: ArgumentHelp("Conditions, such as user_type=text/plain,value_type=0.", valueName: "query"),
    transform: Transform.filters)
  var filters: [Query.Filter] = []
  @Flag(help: "End with the first value.") var first = false
  @OptionGroup var identity: IdentityOptions
  @OptionGroup var options: CommonOptions

  func run() async throws {
    try await CommandRun.run(options, as: identity.load()) { run in await get(run) }
  }

  private func get(_ run: CommandRun) async -> ExitStatus {
    await run.output.startProgress("Searching…")
    let values = run.dht.values(at: key.hash, where: filters, deadline: run.remaining)
    for await found in values.withSources {
      await show(found.value, found.source, run)
      if first { return .done }
    }
    return await run.status(of: values.outcome)
  }

  private func show(_ value: Value, _ source: Source, _ run: CommandRun) async {
    if run.output.isJSON {
      await run.output.json(JSON.members(of: value, from: source))
    } else if first, let body = value.body {
      await run.output.raw(run.output.isTerminal ? terminalSafe(body.data) + [0x0a] : body.data)
    } else {
      await run.output.result(valueText(value, forTerminal: run.output.isTerminal))
    }
  }
}
