public import MessagePack

/// Why a datagram is dropped, or a file not read. The sender is never told.
public enum WireError: Error, Hashable, Sendable {
  /// Not MessagePack, or a known field of another type or range.
  case malformed(MessagePackError)
  /// A field that must be there is not, or a zero node id.
  case missing(MessagePackKey)
  /// Nothing says what the message is. (wire.md §1.3)
  case unknownKind
  /// A request that we do not know.
  case unknownRequest
}
