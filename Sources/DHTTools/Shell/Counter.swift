import Synchronization

/// A number that several tasks count.
final class Counter: Sendable {
  private let number = Atomic<Int>(0)

  var value: Int { number.load(ordering: .relaxed) }

  /// Adds, and returns the sum.
  @discardableResult
  func add(_ step: Int) -> Int { number.wrappingAdd(step, ordering: .relaxed).newValue }
}
