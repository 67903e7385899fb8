import ArgumentParser
import OpenDHT

/// `dht trace KEY`
struct TraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Show the search for a key, hop by hop.",
    discussion: """
      One line for each answer, indented by hop: bits that the node's id shares with the key, the round trip, and what \
      the node gave: nodes, values, and whether a token. With --json every step is told.
      """)

  @Argument(help: "What to search.", transform: Transform.key) var key: KeyArgument
  @OptionGroup var options: CommonOptions

  func run() async throws {
    try await CommandRun.run(options) { run in await trace(run) }
  }

  private func trace(_ run: CommandRun) async -> ExitStatus {
    let report = TraceReport(key: key.hash, isColored: Paint.isWanted(on: .standardOutput))
    if !run.output.isJSON { await run.output.result("key \(key.hash)\n" + report.head) }
    await run.output.startProgress("Searching…")
    let steps = run.dht.trace(key.hash, deadline: run.remaining)
    var begin: Instant?
    for await step in steps {
      let start = begin ?? step.at
      begin = start
      if run.output.isJSON {
        await run.output.json(report.members(of: step, since: start))
      } else if let line = report.line(for: step) {
        await run.output.result(line)
      }
    }
    let outcome = await steps.outcome
    if run.output.isJSON {
      await run.output.json(report.members(of: outcome, elapsed: run.elapsed))
    } else {
      await run.output.result(report.foot(outcome, elapsed: run.elapsed))
    }
    // A search that found nobody's value is still a search done.
    let status = await run.status(of: outcome)
    return status == .nothingFound ? .done : status
  }
}
