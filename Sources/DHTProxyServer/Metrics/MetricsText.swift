/// Writes figures in the text format of Prometheus, version 0.0.4.
///
///     text.family("dht_proxy_requests_total", .counter, "Requests answered.")
///     text.sample(["route": "get", "status": "200"], 17)
struct MetricsText {
  /// What a scraper must be told that it gets.
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String { case counter, gauge, histogram }

  private(set) var text = ""
  private var name = ""

  /// Begins a family; its samples come next. Each name may begin once.
  mutating func family(_ name: String, _ kind: Kind, _ help: String) {
    self.name = name
    text += "# HELP \(name) \(Self.escaped(help, quotes: false))\n# TYPE \(name) \(kind.rawValue)\n"
  }

  /// One figure of the family.
  mutating func sample(_ labels: KeyValuePairs<String, String>, _ value: Int) {
    line(suffix: "", labels.map { ($0.key, $0.value) }, String(value))
  }

  /// The only figure of the family.
  mutating func sample(_ value: Int) { line(suffix: "", [], String(value)) }

  /// One figure of the family that is no whole number.
  mutating func sample(_ labels: KeyValuePairs<String, String> = [:], seconds value: Double) {
    line(suffix: "", labels.map { ($0.key, $0.value) }, "\(value)")
  }

  /// The figures of a histogram: buckets that each count all below, sum and count.
  mutating func samples(_ labels: KeyValuePairs<String, String>, _ histogram: Histogram) {
    let labels = labels.map { ($0.key, $0.value) }
    var below = 0
    for index in histogram.counts.indices {
      below += histogram.counts[index]
      let bound = index < Histogram.bounds.count ? "\(Histogram.bounds[index])" : "+Inf"
      line(suffix: "_bucket", labels + [("le", bound)], String(below))
    }
    line(suffix: "_sum", labels, "\(histogram.sum)")
    line(suffix: "_count", labels, String(below))
  }

  private mutating func line(suffix: String, _ labels: [(String, String)], _ value: String) {
    text += name + suffix
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1, quotes: true))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
