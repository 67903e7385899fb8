import OpenDHT

extension Ending {
  /// Why an operation did not do what it should, in a sentence.
  var reason: String {
    switch self {
    case .completed: "Completed."
    case .isolated: DHTError.isolated.description
    case .throttled: DHTError.throttled.description
    case .timedOut: DHTError.timedOut.description
    case .cancelled: DHTError.cancelled.description
    case .replaced: DHTError.replaced.description
    case .invalid(let reason): DHTError.invalid(reason).description
    }
  }
}
