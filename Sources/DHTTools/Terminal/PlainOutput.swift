/// Results and messages to the standard streams, for a shell that reads from a pipe.
actor PlainOutput: ShellOutput {
  nonisolated let isTerminal = Descriptor.standardOutput.isTerminal
  private let cannotWrite: @Sendable () -> Void

  /// `cannotWrite` is called when nobody reads our results any more.
  init(cannotWrite: @escaping @Sendable () -> Void) { self.cannotWrite = cannotWrite }

  func result(_ text: [UInt8]) {
    if !Descriptor.standardOutput.write(text + [0x0a]) { cannotWrite() }
  }
  func message(_ text: String) {
    Descriptor.standardError.write((text + "\n").utf8)
  }
}
