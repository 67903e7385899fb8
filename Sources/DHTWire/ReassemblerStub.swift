public import DHTModel
public struct Reassembler: Sendable {
  public enum Opened { case complete(Message), pending, duplicate, refused }
  public enum Added { case complete(Message), pending, early, unknown, refused }
  public struct Expired { public var message: Message; public var missing: Int; public var source: SocketAddress }
  public init(bytes: Int, perAddress: Int) {}
  public mutating func open(_ message: Message, from: SocketAddress, now: Instant) -> Opened { .refused }
  public mutating func add(_ part: Part, transaction: TransactionID, from: SocketAddress, now: Instant, allowsEarly: Bool) -> Added { .refused }
  public func isOpen(transaction: TransactionID, from: SocketAddress) -> Bool { false }
  public mutating func expire(now: Instant) -> [Expired] { [] }
  public var nextDeadline: Instant? { nil }
}
