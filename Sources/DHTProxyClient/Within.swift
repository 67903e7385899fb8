/// What some work makes, or something else when it takes longer; then it is cancelled, and must heed that.
func within<Result: Sendable>(
  _ limit: Duration, else late: Result, _ work: @escaping @Sendable () async -> Result
) async -> Result {
  await withTaskGroup(of: Result?.self) { group in
    group.addTask { await work() }
    group.addTask {
      try? await Task.sleep(for: limit)
      return nil
    }
    defer { group.cancelAll() }
    return await group.next().flatMap { $0 } ?? late
  }
}
