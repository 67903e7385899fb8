/// Permanent puts that the node has not judged yet, each with what it took the place of: whoever puts what cannot be put
/// does not end what was acknowledged before. (proxy.md §6)
struct PendingPuts: Sendable {
  /// What becomes of an entry whose put was refused.
  enum Verdict: Equatable {
    /// A later request has its place already.
    case unchanged
    /// This one stands again.
    case former(PermanentPut)
    /// There was none before.
    case gone
  }
  private struct Attempt {
    /// Nil for what stood before them all.
    var number: UInt64?
    var entry: PermanentPut
  }

  /// In the order they came. As many as there are puts being made, and one for each key and id.
  private var attempts: [PermanentPut.ID: [Attempt]] = [:]

  var isEmpty: Bool { attempts.isEmpty }

  /// An entry is put, in place of another one, if any.
  mutating func begin(_ number: UInt64, _ id: PermanentPut.ID, _ entry: PermanentPut, former: PermanentPut?) {
    let before = former.map { [Attempt(number: nil, entry: $0)] } ?? []
    attempts[id, default: before].append(Attempt(number: number, entry: entry))
  }

  /// The node announces it: what was before it is over.
  mutating func accepted(_ number: UInt64, _ id: PermanentPut.ID) {
    guard let index = index(of: number, id) else { return }
    attempts[id]?[index].number = nil
    attempts[id]?.removeFirst(index)
    forgetIfJudged(id)
  }

  /// The node does not take it.
  mutating func refused(_ number: UInt64, _ id: PermanentPut.ID) -> Verdict {
    guard let index = index(of: number, id) else { return .unchanged }
    attempts[id]?.remove(at: index)
    defer { forgetIfJudged(id) }
    guard index == attempts[id]?.count else { return .unchanged }
    return attempts[id]?.last.map { .former($0.entry) } ?? .gone
  }

  /// The registration ended: nothing comes back.
  mutating func forget(_ id: PermanentPut.ID) { attempts[id] = nil }

  private func index(of number: UInt64, _ id: PermanentPut.ID) -> Int? {
    attempts[id]?.firstIndex { $0.number == number }
  }

  private mutating func forgetIfJudged(_ id: PermanentPut.ID) {
    if attempts[id]?.allSatisfy({ $0.number == nil }) == true { attempts[id] = nil }
  }
}
