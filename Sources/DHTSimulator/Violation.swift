/// Something that must never be, seen in the world. A scenario that ends with one has failed.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// Virtual time since the beginning.
  public let time: Duration
  /// Number of the node.
  public let node: Int
  /// What was seen, in a sentence with its figures.
  public let text: String

  public var description: String { "\(secondsText(time)) node \(node): \(text)" }
}
