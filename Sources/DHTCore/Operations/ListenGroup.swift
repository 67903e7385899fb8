import DHTModel

/// Listens on one key whose queries one network listen satisfies: they share its updates. (node.md §4.8)
struct ListenGroup {
  let id: NetworkListen.ID
  let key: InfoHash
  let query: Query
  /// Whether the values are passed on, and so are not decrypted.
  let isForwarded: Bool
  var view: ListenView
  /// Listens of the application, in the order they came.
  var subscribers: [OperationID] = []
  /// News that wait for values to be opened, or for those before them.
  var backlog = ListenBacklog()
  /// Some news were dropped, so the view does not show all there is.
  var isIncomplete = false
  /// When it ends, since nobody listens any more; nil while somebody does.
  var lingersUntil: Instant?
  /// When it is looked at next; one deadline at a time.
  var planned: Instant?

  /// After the last listen ended, updates are still taken for this long: many come back. (node.md §0.2)
  static let linger: Duration = .seconds(60)
}
