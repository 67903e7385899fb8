/// A program that takes lines: the shell of a node, or a chat.
protocol LineShell: Sendable {
  /// What stands before a line.
  var prompt: String { get async }
  /// What is printed first.
  func banner() async -> String
  /// Runs a line.
  func run(_ line: String) async -> ShellStep
  /// Ends what still listens; nothing of it is printed any more.
  func end() async
}

/// What a line led to.
enum ShellStep {
  case next
  /// Its result comes later, and is printed by then.
  case running(Task<Void, Never>)
  case stop
}
