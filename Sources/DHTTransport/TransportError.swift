/// Why a node could not open its sockets.
public enum TransportError: Error, Hashable, Sendable {
  /// Another socket of this machine has the port.
  case portInUse(UInt16)
  /// No family could be bound, or one that was named could not; what the system said, in words.
  case cannotBind(String)
}
