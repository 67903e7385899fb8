extension DHT {
  /// Whether the task is within a call of several steps, such as a look-up and a put.
  @TaskLocal static var isInSteps = false

  /// Runs a call of several steps. A drain that begins meanwhile waits for the last of them.
  func inSteps<Result: Sendable>(
    _ work: () async throws(DHTError) -> Result
  ) async throws(DHTError) -> Result {
    guard !Self.isInSteps else { return try await work() }
    guard await onLoop({ session in session.beginSteps() }) else { throw .notRunning }
    defer { tell { session in session.endSteps() } }
    return try await Self.$isInSteps.withValue(true) {
      do throws(DHTError) {
        return Swift.Result<Result, DHTError>.success(try await work())
      } catch {
        return .failure(error)
      }
    }.get()
  }
}
