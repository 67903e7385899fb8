public import DHTModel

/// The values of one message. Small sets stand inline; otherwise sizes stand there, and parts follow.
public struct ValueList: Hashable, Sendable {
  /// Values at hand: inline ones, or, after reassembly, all.
  public var values: [Value]
  /// Packed sizes of values that arrive in parts, in bytes, each at its place in the packet's list, at most
  /// `WireLimits.packedValueBytes`. `nil` marks a place that no part fills: an inline value stands there, or a
  /// value or size that was refused. Empty when no size was announced.
  public var announced: [Int?]
  /// Whether the packet had the field at all.
  public var isPresent: Bool
  /// Elements of the packet that were no value, and were skipped.
  public var malformed = 0

  /// A list of values; it is present when there is anything in it, unless told otherwise.
  public init(_ values: [Value] = [], announced: [Int?] = [], isPresent: Bool? = nil) {
    self.values = values
    self.announced = announced
    self.isPresent = isPresent ?? !(values.isEmpty && announced.isEmpty)
  }
}
