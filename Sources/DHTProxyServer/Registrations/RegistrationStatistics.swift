package import DHTProxyMessages

/// What registrations and pushes there are and were.
package struct RegistrationStatistics: Sendable {
  /// Members of `GET /node/stats`. (proxy.md §9.2)
  package var pushTokens: Int, permanentKeys: Int, permanentPuts: Int
  package var android: ServerStatistics.Pushes, iOS: ServerStatistics.Pushes, unifiedPush: ServerStatistics.Pushes

  /// For `/metrics`: subscriptions; bytes of permanent puts and of subscriptions.
  package var subscriptions: Int, permanentPutBytes: Int, subscriptionBytes: Int
  /// Pushes that wait; tries by how they ended; pushes that became part of another, found no room, were given up.
  package var waitingPushes: Int, delivered: Int, gone: Int, refused: Int, failed: Int
  package var merged: Int, dropped: Int, givenUp: Int
}
