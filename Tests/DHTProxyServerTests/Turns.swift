/// Lets few worlds run at a time: each has two nodes and a server, and hundreds of them at once on two cores would measure
/// nothing but how long they wait for each other.
actor Turns {
  static let shared = Turns()

  private static let most = 6
  /// A test that failed before its end keeps its turn; the others go on after this long.
  private static let patience = Duration.seconds(30)

  private var taken: Set<Int> = []
  private var waiting: [(number: Int, continuation: CheckedContinuation<Void, Never>)] = []
  private var last = 0

  /// Waits for a turn.
  func take() async -> Int {
    last += 1
    let number = last
    guard taken.count >= Self.most else {
      taken.insert(number)
      return number
    }
    let timer = Task {
      try await Task.sleep(for: Self.patience)
      self.admit(number)
    }
    await withCheckedContinuation { waiting.append((number, $0)) }
    timer.cancel()
    return number
  }

  /// Gives a turn back.
  func give(_ number: Int) {
    taken.remove(number)
    if taken.count < Self.most, let next = waiting.first { admit(next.number) }
  }

  private func admit(_ number: Int) {
    guard let index = waiting.firstIndex(where: { $0.number == number }) else { return }
    taken.insert(number)
    waiting.remove(at: index).continuation.resume()
  }
}
