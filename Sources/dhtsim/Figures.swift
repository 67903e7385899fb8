/// Some measured numbers, and what people ask of them.
struct Figures {
  private var sorted: [Double]

  init(_ values: some Sequence<Double>) { sorted = values.sorted() }
  init(_ values: some Sequence<Int>) { self.init(values.map(Double.init)) }
  /// Milliseconds.
  init(_ values: some Sequence<Duration>) {
    self.init(values.map { Double($0.components.seconds) * 1e3 + Double($0.components.attoseconds) * 1e-15 })
  }

  var count: Int { sorted.count }
  var median: Double { quantile(0.5) }
  var p99: Double { quantile(0.99) }
  var greatest: Double { sorted.last ?? 0 }
  var mean: Double { sorted.isEmpty ? 0 : sorted.reduce(0, +) / Double(sorted.count) }

  func quantile(_ share: Double) -> Double {
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))]
  }
}
