extension Counters {
  /// What was counted between two readings.
  public static func - (later: Counters, earlier: Counters) -> Counters {
    var difference = later
    difference.sent = later.sent - earlier.sent
    difference.received = later.received - earlier.received
    for path: WritableKeyPath<Counters, Int> in [
      \.datagramsSent, \.datagramsReceived, \.bytesSent, \.bytesReceived, \.retransmissions, \.requestsExpired,
      \.malformed, \.otherNetwork, \.refusedSources, \.rateLimited, \.unexpected, \.partsDropped, \.valuesRefused,
      \.malformedValues,
      \.valuesEvicted, \.pushesDropped, \.checksDropped, \.newsDropped, \.badSignatures, \.notForUs,
    ] {
      difference[keyPath: path] -= earlier[keyPath: path]
    }
    return difference
  }
}

extension Counters.Requests {
  static func - (later: Self, earlier: Self) -> Self {
    var difference = later
    for path: WritableKeyPath<Self, Int> in [\.ping, \.find, \.get, \.put, \.listen, \.refresh, \.update] {
      difference[keyPath: path] -= earlier[keyPath: path]
    }
    return difference
  }
}
