import ArgumentParser

/// Great worlds in virtual time: how a network of our nodes does, and what it costs.
@main
struct Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dhtsim",
    abstract: "Simulates networks of nodes in virtual time.",
    discussion: "The same options give the same packets, byte for byte: compare the digests.",
    subcommands: [Join.self, Churn.self, Partition.self])
}
