import DHTModel

/// One call of the application that has not ended.
enum Operation {
  case get(GetOperation)
  case put(PutOperation)
  case listen(ListenOperation)
  case ping(PingOperation)

  /// A put: which announcement it waits for, and what it needs to begin.
  struct PutOperation {
    let key: InfoHash
    let value: Value
    let options: PutOptions
    let created: Instant?
    let isStoredLocally: Bool
    /// The application chose the value's id, so somebody else may have chosen it, too.
    let hasChosenID: Bool
    /// Nil while it is held.
    var announcement: Announce.ID?
  }

  /// A listen: the group whose changes it hears, and its own filters.
  struct ListenOperation {
    let key: InfoHash
    let query: Query
    let group: NetworkListen.ID
  }

  struct PingOperation {
    let address: SocketAddress
  }
}
