/// What a route lets its caller do. Rules of access and figures are told by group.
public enum RouteGroup: String, Hashable, Sendable, CaseIterable {
  /// Asking: node information, statistics, get, listen, event streams.
  case read
  /// Putting values that live as long as their type says.
  case write
  /// Putting values that the server keeps alive, and taking them back.
  case permanent
  /// Subscribing to notifications, and sending test notifications.
  case push
  /// Signing and encrypting with the node's own identity.
  case identity
  /// Looking into the server: metrics, details of health.
  case operations
}
