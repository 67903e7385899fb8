import DHTJSON
import ArgumentParser
import OpenDHT

/// `dht query KEY QUERY`
struct QueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Find fields of the values of a key, without their data.",
    discussion:
      "QUERY is text such as \"SELECT id,user_type WHERE value_type=3\". Fields: id value_type owner_pk seq user_type.")

  @Argument(help: "Where to look.", transform: Transform.key) var key: KeyArgument
  @Argument(help: "What to fetch.", transform: Transform.query) var query: Query
  @OptionGroup var options: CommonOptions

  func run() async throws {
    try await CommandRun.run(options) { run in await ask(run) }
  }

  private func ask(_ run: CommandRun) async -> ExitStatus {
    await run.output.startProgress("Searching…")
    let records = run.dht.query(query.forRecords, at: key.hash, deadline: run.remaining)
    for await record in records {
      if run.output.isJSON {
        await run.output.json(JSON.members(of: record))
      } else {
        await run.output.result(fieldRecordText(record, forTerminal: run.output.isTerminal))
      }
    }
    return await run.status(of: records.outcome)
  }
}
