/// Where log lines go: to a file, to standard error, or above the prompt of a terminal.
final class LogSink: Sendable {
  private let file: Descriptor?
  private let lines: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  /// Colours are for terminals.
  var isColored: Bool { file == nil && Paint.isWanted(on: .standardError) }

  /// Opens the file, when there is one; it begins anew.
  init(file path: String?) throws(SystemReason) {
    file = try path.map { path throws(SystemReason) in try Descriptor.writing(path).get() }
    // A thousand lines may wait for a slow terminal; older ones are lost rather than kept in memory.
    (lines, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1000))
  }

  func write(_ line: String) {
    if let file {
      file.write((line + "\n").utf8)
    } else {
      continuation.yield(line)
    }
  }

  /// Shows the lines as they come, until the task is cancelled. Needed unless there is a file.
  func show(_ print: (String) async -> Void) async {
    for await line in lines { await print(line) }
  }
}
