internal import DHTCore

// From how an operation ended to what the caller gets: a result, or the reason why nothing could be done.

extension PutReceipt {
  init(judging result: Result<Outcome, DHTError>) throws(DHTError) {
    guard case .put(let receipt) = try result.get() else { throw .cancelled }
    guard !receipt.isStored else {
      self = receipt
      return
    }
    throw receipt.ending.error ?? .notStored(receipt)
  }
}

extension PingOutcome {
  init(judging result: Result<Outcome, DHTError>, of host: Host) throws(DHTError) {
    guard case .ping(let outcome) = try result.get() else { throw .cancelled }
    guard outcome.node == nil else {
      self = outcome
      return
    }
    switch outcome.ending {
    case .completed, .isolated: throw .noAnswer(host)
    case .throttled, .timedOut, .cancelled, .replaced, .invalid: throw outcome.ending.error ?? .noAnswer(host)
    }
  }
}

extension Operation {
  /// How a get ended. Throws when nothing was found because nobody could be asked.
  func getOutcome(unlessFound isFound: Bool) async throws(DHTError) -> GetOutcome {
    guard case .get(let outcome) = try await cancellableResult().get() else { throw .cancelled }
    if !isFound, outcome.answered == 0, let error = outcome.ending.error { throw error }
    return outcome
  }

  /// How a get ended, without judgement.
  var getOutcome: GetOutcome {
    get async {
      if case .success(.get(let outcome)) = await cancellableResult() {
        outcome
      } else {
        GetOutcome(ending: .cancelled)
      }
    }
  }
}
