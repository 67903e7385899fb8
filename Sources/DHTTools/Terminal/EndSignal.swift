/// Something that several may bring to its end; the first counts.
struct EndSignal: Sendable {
  private let stream: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation

  init() { (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1)) }

  func tell() {
    continuation.yield()
    continuation.finish()
  }

  /// Waits for the end; for one task.
  func wait() async {
    for await _ in stream { return }
  }
}
