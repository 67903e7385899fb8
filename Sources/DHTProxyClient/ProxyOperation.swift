internal import DHTModel
internal import NIOCore
internal import OpenDHT

/// An operation of the application, while it runs.
struct ProxyOperation {
  let request: OperationRequest
  var attempts = 0
  var task: Task<Void, Never>?
  /// Ends it at its deadline.
  var timer: Scheduled<Void>?
  /// What a get or a query has brought.
  var fetched: FetchedValues
  /// What of it was delivered as records.
  var records: Set<FieldRecord> = []

  init(_ request: OperationRequest, _ limits: ProxyLimits) {
    self.request = request
    fetched = FetchedValues(maximumBytes: limits.getBytes)
  }
}
