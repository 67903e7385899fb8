public import COpenDHT
internal import OpenDHT

/// How an operation ended: what C sees as an `odht_outcome`.
final class Report: Sendable {
  /// A node and what it did.
  struct Entry: Sendable {
    var node: NodeContact
    var state: Int
    var error: UInt16 = 0
  }
  let code: Int32
  /// One line with a terminator; empty when all is well.
  private let message: Blob
  let entries: [Entry]
  let receipt: PutReceipt?
  let outcome: GetOutcome?
  let roundTrip: Duration?
  let dropped: Int

  /// All is well, or the reason why not.
  init(
    _ error: DHTError?, entries: [Entry] = [], receipt: PutReceipt? = nil, outcome: GetOutcome? = nil,
    roundTrip: Duration? = nil, dropped: Int = 0
  ) {
    self.dropped = dropped
    code = error?.code ?? Int32(ODHT_OK)
    message = Blob(Array((error?.description ?? "").utf8) + [0])
    self.entries = entries
    self.receipt = receipt
    self.outcome = outcome
    self.roundTrip = roundTrip
  }

  var isOK: Bool { code == Int32(ODHT_OK) }
  /// The message, for as long as this object lives.
  var messageText: UnsafePointer<CChar>? {
    message.view.data.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
  }

  /// Shows itself to C for the time of a call.
  func show(_ call: (OpaquePointer) -> Void) {
    let handle = newHandle(self)
    call(handle)
    release(handle, as: Report.self)
  }
}

extension Report {
  /// Of a get or query. One that was given something, or was ended by its own callback, went well; one that was cancelled
  /// did not, although the node may have been done: what waited was dropped.
  convenience init(_ outcome: GetOutcome, isEnough: Bool, isCancelled: Bool, dropped: Int) {
    let isCancelled = isCancelled || outcome.ending == .cancelled
    let isWell = isEnough || !isCancelled && (outcome.delivered > 0 || outcome.answered > 0)
    self.init(
      isWell ? nil : isCancelled ? .cancelled : outcome.ending.error,
      entries: outcome.nodes.map { Entry(node: $0, state: Int(ODHT_NODE_ANSWERED)) }, outcome: outcome, dropped: dropped
    )
  }

  /// Of a put.
  convenience init(_ result: Result<PutReceipt, DHTError>) {
    switch result {
    case .success(let receipt): self.init(nil, entries: receipt.entries, receipt: receipt)
    case .failure(.notStored(let receipt)):
      self.init(.notStored(receipt), entries: receipt.entries, receipt: receipt)
    case .failure(let error): self.init(error)
    }
  }

  /// Of a ping.
  convenience init(_ result: Result<PingOutcome, DHTError>) {
    switch result {
    case .success(let outcome):
      self.init(
        nil, entries: outcome.node.map { [Entry(node: $0, state: Int(ODHT_NODE_ANSWERED))] } ?? [],
        roundTrip: outcome.roundTrip)
    case .failure(let error): self.init(error)
    }
  }
}

extension PutReceipt {
  fileprivate var entries: [Report.Entry] {
    stored.map { Report.Entry(node: $0, state: Int(ODHT_NODE_STORED)) }
      + failed.map { failure in
        switch failure.reason {
        case .silent: Report.Entry(node: failure.node, state: Int(ODHT_NODE_SILENT))
        case .refused(let code): Report.Entry(node: failure.node, state: Int(ODHT_NODE_REFUSED), error: code)
        case .acknowledgedNothing: Report.Entry(node: failure.node, state: Int(ODHT_NODE_ACKNOWLEDGED_NOTHING))
        case .holdsSignedValue: Report.Entry(node: failure.node, state: Int(ODHT_NODE_HOLDS_SIGNED_VALUE))
        case .notFoundOnVerify: Report.Entry(node: failure.node, state: Int(ODHT_NODE_NOT_FOUND_ON_VERIFY))
        case .silentOnVerify: Report.Entry(node: failure.node, state: Int(ODHT_NODE_SILENT_ON_VERIFY))
        case .unreachable: Report.Entry(node: failure.node, state: Int(ODHT_NODE_UNREACHABLE))
        case .unfinished: Report.Entry(node: failure.node, state: Int(ODHT_NODE_UNFINISHED))
        }
      }
  }
}

extension DHTError {
  /// As odht.h numbers them.
  var code: Int32 {
    switch self {
    case .notRunning: Int32(ODHT_NOT_RUNNING)
    case .alreadyRunning: Int32(ODHT_ALREADY_RUNNING)
    case .portInUse: Int32(ODHT_PORT_IN_USE)
    case .cannotBind, .cannotUseProxy: Int32(ODHT_CANNOT_BIND)
    case .isolated: Int32(ODHT_ISOLATED)
    case .throttled: Int32(ODHT_THROTTLED)
    case .timedOut: Int32(ODHT_TIMED_OUT)
    case .cancelled: Int32(ODHT_CANCELLED)
    case .replaced: Int32(ODHT_REPLACED)
    case .notStored: Int32(ODHT_NOT_STORED)
    case .invalid: Int32(ODHT_INVALID)
    case .cannotResolve: Int32(ODHT_CANNOT_RESOLVE)
    case .noAnswer: Int32(ODHT_NO_ANSWER)
    case .noIdentity: Int32(ODHT_NO_IDENTITY)
    case .recipientUnknown: Int32(ODHT_RECIPIENT_UNKNOWN)
    case .sequenceExhausted: Int32(ODHT_SEQUENCE_EXHAUSTED)
    case .security: Int32(ODHT_SECURITY)
    case .coding: Int32(ODHT_INVALID)
    }
  }
}

extension odht_node {
  init(_ contact: NodeContact, state: Int, error: UInt16 = 0) {
    self.init()
    id = dht_infohash(contact.id)
    self.state = Int32(state)
    self.error = error
    expired = state == Int(ODHT_NODE_SILENT)
    withUnsafeMutableBytes(of: &address) { room in
      guard let start = room.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
      write(contact.address.description, to: start, size: room.count)
    }
  }
}

private func report(_ handle: OpaquePointer?) -> Report? { object(handle, as: Report.self) }

@c @implementation
public func odht_outcome_get_code(_ outcome: OpaquePointer!) -> Int32 { report(outcome)?.code ?? Int32(ODHT_INVALID) }

@c @implementation
public func odht_outcome_get_message(_ outcome: OpaquePointer!) -> UnsafePointer<CChar>! {
  report(outcome)?.messageText
}

@c @implementation
public func odht_outcome_get_node_count(_ outcome: OpaquePointer!) -> Int { report(outcome)?.entries.count ?? 0 }

@c @implementation
public func odht_outcome_get_node(
  _ outcome: OpaquePointer!, _ index: Int, _ node: UnsafeMutablePointer<odht_node>!
) -> Bool {
  guard let entries = report(outcome)?.entries, entries.indices.contains(index), let node else { return false }
  node.pointee = odht_node(entries[index].node, state: entries[index].state, error: entries[index].error)
  return true
}

@c @implementation
public func odht_outcome_get_value_id(_ outcome: OpaquePointer!) -> dht_value_id {
  report(outcome)?.receipt?.valueID ?? 0
}

@c @implementation
public func odht_outcome_get_sequence(_ outcome: OpaquePointer!) -> UInt16 { report(outcome)?.receipt?.sequence ?? 0 }

@c @implementation
public func odht_outcome_is_verified(_ outcome: OpaquePointer!) -> Bool {
  report(outcome)?.receipt?.isVerified ?? false
}

@c @implementation
public func odht_outcome_get_answered(_ outcome: OpaquePointer!) -> Int { report(outcome)?.outcome?.answered ?? 0 }

@c @implementation
public func odht_outcome_get_closest(_ outcome: OpaquePointer!) -> Int { report(outcome)?.outcome?.closest ?? 0 }

@c @implementation
public func odht_outcome_get_refused(_ outcome: OpaquePointer!) -> Int { report(outcome)?.outcome?.refused ?? 0 }

@c @implementation
public func odht_outcome_get_dropped(_ outcome: OpaquePointer!) -> Int { report(outcome)?.dropped ?? 0 }

@c @implementation
public func odht_outcome_get_round_trip(_ outcome: OpaquePointer!) -> UInt64 {
  report(outcome)?.roundTrip.map { UInt64(clamping: $0.inNanoseconds / 1000) } ?? 0
}
