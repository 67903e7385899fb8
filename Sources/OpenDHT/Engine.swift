package import DHTCore
package import DHTModel
package import Logging
package import NIOCore

/// What carries out the operations of a `DHT`: the UDP node, or a proxy that has one.
///
/// Lives on the session's event loop, and never leaves it. Operations are named by the engine; each ends exactly once,
/// with `Event.finished`, unless the engine is stopped first.
package protocol Engine: AnyObject {
  /// Begins an operation. `note` is called once, before anything is told of it.
  func begin(_ request: OperationRequest, _ note: (OperationID) -> Void)
  /// Ends operations as cancelled. Those that are over are passed over.
  func cancel(_ operations: [OperationID])
  /// Stops keeping a value alive. Returns whether it was.
  func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool

  /// What a running get or query delivered, or what a running listen told and has not taken back.
  func known(of operation: OperationID) -> KnownResults
  /// Values that are kept alive until they are cancelled.
  var permanentValues: [(key: InfoHash, value: Value)] { get }
  /// Values that are being put, or kept alive, under a key.
  func announcedValues(at key: InfoHash) -> [Value]
  /// What is known of a family.
  func statistics(_ family: AddressFamily) -> FamilyStatistics
  /// How well each family is connected.
  var status: NodeStatus { get }

  /// This machine's network changed.
  func connectivityChanged()
  /// Stops. Whoever the engine tells hears of the ends, within this call, and of nothing afterwards.
  func stop(_ done: @escaping () -> Void)
}

/// What somebody who takes over a running operation need not deliver again.
package struct KnownResults: Sendable {
  /// Values, as they were delivered.
  package var values: [Value] = []
  /// Records of a query.
  package var records: Set<FieldRecord> = []

  /// Some results.
  package init(values: [Value] = [], records: Set<FieldRecord> = []) {
    self.values = values
    self.records = records
  }
}

/// Who an engine tells. Called on the loop; may give the engine further inputs only in a later turn of it.
package protocol EngineDelegate: AnyObject {
  /// Something happened: what operations bring, how they end, the status.
  func handle(_ event: Event)
  /// The id of the node that works for us is known now.
  func hasNodeID(_ id: NodeID)
}

/// What an engine is made of.
package struct EngineContext {
  /// Where it lives.
  package let loop: any EventLoop
  /// Whom it tells.
  package let delegate: any EngineDelegate
  /// Verifies and opens values, on a thread for such work.
  package let opener: ValueOpener
  /// Verifies values that are passed on, and leaves encrypted ones closed. (proxy.md §11.4)
  package let forwardingOpener: ValueOpener
  /// Where it may log, at a rate that nobody else can raise.
  package let logger: Logger?

  package init(
    loop: any EventLoop, delegate: any EngineDelegate, opener: ValueOpener, forwardingOpener: ValueOpener,
    logger: Logger?
  ) {
    self.loop = loop
    self.delegate = delegate
    self.opener = opener
    self.forwardingOpener = forwardingOpener
    self.logger = logger
  }
}
