internal import DHTModel
internal import NIOCore
internal import OpenDHT

/// A value that the application wants to be kept alive until it says otherwise.
struct KeptPut {
  /// What the application calls it by.
  struct Name: Hashable {
    let key: InfoHash
    let id: Value.ID
  }

  var request: PutRequest
  /// What was kept under the name before, until the proxy has taken this one.
  var earlier: (request: PutRequest, plan: RenewalPlan)?
  /// When it is put again; nil while it was never put.
  var plan: RenewalPlan?
  /// A put of it that no operation waits for, and whether one waits for its turn.
  var task: Task<Void, Never>?
  var isQueued = false
  /// Tells it from one of the same name before.
  let number: UInt64
  var pace: RetryPace
}
