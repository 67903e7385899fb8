internal import DHTModel

/// How often something took how long.
struct Histogram: Equatable {
  /// Upper ends in seconds. A get or a put of the network takes 10 ms to 10 s; node information some 10 µs.
  static let bounds: [12 of Double] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10]
  private(set) var counts: [13 of Int] = .init(repeating: 0)
  private(set) var sum = 0.0

  static func == (x: Histogram, y: Histogram) -> Bool {
    x.sum == y.sum && x.counts.indices.allSatisfy { x.counts[$0] == y.counts[$0] }
  }

  mutating func record(_ duration: Duration) {
    let seconds = max(0, duration.inSeconds)
    sum += seconds
    counts[Self.bounds.indices.first { seconds <= Self.bounds[$0] } ?? Self.bounds.count] += 1
  }
}
