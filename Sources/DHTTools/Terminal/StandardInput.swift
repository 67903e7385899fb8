import Dispatch

/// Standard input, read on a thread of its own, piece by piece. The next piece is read when the last was dealt with, so
/// that a large file on a pipe waits there and not in memory.
final class StandardInput: Sendable {
  private let queue = DispatchQueue(label: "standard input")

  /// The next bytes; nil at the end.
  func next() async -> [UInt8]? {
    await withCheckedContinuation { continuation in
      queue.async {
        let bytes = Descriptor.standardInput.read()
        continuation.resume(returning: bytes?.isEmpty == false ? bytes : nil)
      }
    }
  }
}
