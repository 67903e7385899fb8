public import DHTCore
public import DHTModel

/// Who a driver tells what its node has to say. Called on the event loop, and never while the node is busy; it may give
/// the node further inputs only in a later turn of the loop.
public protocol NodeDriverDelegate: AnyObject {
  /// The node tells something. `Event.resolve` and `Event.check` are answered by the driver and do not come here.
  func handle(_ event: Event)
  /// A bootstrap name has no address.
  func couldNotResolve(_ host: Host)
  /// The socket of a family was closed by the system. It is opened again, and tried every 5 s until it can be.
  func socketDied(_ family: AddressFamily)
  /// A socket that had died is there again, on its old port.
  func socketReopened(_ family: AddressFamily)
  /// About a minute passed since the last call, or since the start.
  func minutePassed()
}
