import OpenDHT

/// What is special to a program that is a node with a shell.
struct NodeProgram: Sendable {
  var name: String
  var help: String
  /// Whether it always has an identity, and is nothing without its shell.
  var isChat = false
  /// Words that are completed at the start of a line.
  var words: [String] = []
  /// Whether lines are remembered in a file.
  var keepsHistory = false
  var makeShell: @Sendable (DHT, Proxies, any ShellOutput, LogSwitch) -> any LineShell
}
