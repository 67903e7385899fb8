internal import DHTCore
public import DHTSecurity

/// Why an operation could not be done. Each has one clear line of description.
public enum DHTError: Error, Hashable, Sendable {
  /// The node is not started, is draining, or has stopped.
  case notRunning
  /// `start()` was called on a node that runs.
  case alreadyRunning
  /// Another program has the UDP port.
  case portInUse(UInt16)
  /// No socket could be opened; the system's reason.
  case cannotBind(String)
  /// The proxy cannot be used as configured; why.
  case cannotUseProxy(String)
  /// No node could be asked: we are cut off, or nobody answered.
  case isolated
  /// Too many operations run already.
  case throttled
  /// The deadline passed before anything was achieved.
  case timedOut
  /// The task was cancelled, or the node stopped.
  case cancelled
  /// A newer put under the same value id took the place of this one.
  case replaced
  /// No node stored the value; the receipt says why for each.
  case notStored(PutReceipt)
  /// The request makes no sense; nothing was sent.
  case invalid(Ending.Reason)
  /// A name has no address.
  case cannotResolve(Host)
  /// The host did not answer.
  case noAnswer(Host)
  /// The node has no identity to sign with.
  case noIdentity
  /// No certificate with this id was found.
  case recipientUnknown(Recipient)
  /// The value was edited 65535 times: the number of the edit, which tells the newest, ends there.
  case sequenceExhausted
  /// Something about keys and ciphers; the security layer's reason.
  case security(SecurityError)
  /// A value's data could not be written or read as the type asked for; the coder's reason.
  case coding(String)
}

extension DHTError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notRunning: "The node is not running."
    case .alreadyRunning: "The node is already running."
    case .portInUse(let port): "UDP port \(port) is in use by another program."
    case .cannotBind(let reason): "No socket could be opened: \(reason)."
    case .cannotUseProxy(let reason): "The proxy cannot be used: \(reason)."
    case .isolated: "Not connected: no node of the network could be reached."
    case .throttled: "Too many operations are running."
    case .timedOut: "The deadline passed."
    case .cancelled: "The operation was cancelled."
    case .replaced: "A newer put under the same value id took its place."
    case .notStored(let receipt): "No node stored the value (\(receipt.failed.count) asked)."
    case .invalid(let reason): "Invalid request: \(reason.sentence)."
    case .cannotResolve(let host): "\(host.name) has no address."
    case .noAnswer(let host): "\(host) did not answer."
    case .noIdentity: "The node has no identity to sign with."
    case .recipientUnknown(let recipient): "No certificate of \(recipient) was found."
    case .sequenceExhausted: "The value was edited 65535 times, which is the end: use another id."
    case .security(let error): "Not possible: \(error)."
    case .coding(let reason): "The value's data does not fit: \(reason)."
    }
  }
}

extension Ending {
  /// What a caller is told who got nothing; nil when the operation ran to its end.
  package var error: DHTError? {
    switch self {
    case .completed: nil
    case .isolated: .isolated
    case .throttled: .throttled
    case .timedOut: .timedOut
    case .cancelled: .cancelled
    case .replaced: .replaced
    case .invalid(let reason): .invalid(reason)
    }
  }
}

extension Ending.Reason {
  fileprivate var sentence: String {
    switch self {
    case .zeroKey: "the zero key is no key"
    case .valueTooLarge(let bytes): "the packed value has \(bytes) bytes, the network takes 65568"
    case .wouldReplaceSignedValue: "another owner's signed value has this id"
    case .noAddressFamily: "the node has no socket"
    case .notOverProxy: "a proxy cannot do this"
    case .refusedByProxy(let status): "the proxy refused it with status \(status)"
    }
  }
}
