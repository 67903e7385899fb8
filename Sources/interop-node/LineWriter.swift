import Dispatch

#if canImport(FoundationEssentials)
  import FoundationEssentials
  import Glibc
#else
  import Foundation
#endif

/// Writes JSON lines to standard output, whole and in order.
final class LineWriter: Sendable {
  private let lines: AsyncStream<Reply>.Continuation
  private let writing: Task<Void, Never>

  init() {
    let (stream, continuation) = AsyncStream.makeStream(of: Reply.self)
    lines = continuation
    writing = Task.detached {
      let encoder = JSONEncoder()
      for await reply in stream {
        guard var line = try? encoder.encode(reply) else { continue }
        line.append(UInt8(ascii: "\n"))
        writeAll(line)
      }
    }
  }

  func write(_ reply: Reply) { lines.yield(reply) }
  /// Nothing more will be written.
  func finish() { lines.finish() }
  /// Waits until all is written.
  func written() async { await writing.value }
}

private func writeAll(_ data: Data) {
  data.withUnsafeBytes { bytes in
    var offset = 0
    while offset < bytes.count {
      let count = write(STDOUT_FILENO, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
      if count > 0 {
        offset += count
      } else if errno != EINTR {
        return  // the test is gone
      }
    }
  }
}

/// The lines of standard input, read on a thread of their own; ends with it.
func standardInputLines() -> AsyncStream<String> {
  let (stream, continuation) = AsyncStream.makeStream(of: String.self)
  // Reading blocks, which no thread of the tasks may do.
  DispatchQueue(label: "standard input").async {
    while let line = readLine() { continuation.yield(line) }
    continuation.finish()
  }
  return stream
}
