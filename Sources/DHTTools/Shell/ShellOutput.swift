/// Where a shell's lines go. Each call is one whole: nothing else comes between its lines.
protocol ShellOutput: Sendable {
  /// Whether a person sees it: what could steer the terminal is then made harmless.
  var isTerminal: Bool { get }
  /// Results, on standard output. A line end is added.
  func result(_ text: [UInt8]) async
  /// Messages, on standard error. A line end is added.
  func message(_ text: String) async
}

extension ShellOutput {
  func result(_ text: String) async { await result(Array(text.utf8)) }
}
