internal import DHTModel

/// What the server counts of the requests that it answered. Of fixed size, whatever clients send: one row for each route.
struct RequestFigures {
  /// Statuses that are told one by one; the others count together. A client does not choose among more than these.
  static let statuses = [
    101, 200, 204, 301, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 417, 429, 431, 500, 501, 502, 503, 504,
  ]

  private struct Row {
    var answers = [Int](repeating: 0, count: RequestFigures.statuses.count + 1)
    var durations = Histogram()
  }

  private let routes: [String]
  private var rows: [Row]
  private var refusals = [Int](repeating: 0, count: Refusal.labels.count)

  /// Figures of these routes, named in the order of their numbers.
  init(routes: [String]) {
    self.routes = routes
    rows = routes.map { _ in Row() }
  }

  /// A request was answered, or its stream ended. Streams have no duration: they last as long as the client likes.
  mutating func record(route: Int, status: Int, duration: Duration?) {
    guard rows.indices.contains(route) else { return }
    rows[route].answers[Self.statuses.firstIndex(of: status) ?? Self.statuses.count] += 1
    if let duration { rows[route].durations.record(duration) }
  }

  /// A request was refused, or a connection.
  mutating func record(_ refusal: Refusal) {
    if let index = Refusal.labels.firstIndex(of: refusal.label) { refusals[index] += 1 }
  }

  /// Requests answered, all in all.
  var answered: Int { rows.reduce(0) { $0 + $1.answers.reduce(0, +) } }

  func write(to text: inout MetricsText) {
    text.family("dht_proxy_requests_total", .counter, "Requests answered, by route and status.")
    for (route, row) in zip(routes, rows) {
      for (index, count) in row.answers.enumerated() where count > 0 {
        let status = index < Self.statuses.count ? String(Self.statuses[index]) : "other"
        text.sample(["route": route, "status": status], count)
      }
    }
    text.family(
      "dht_proxy_request_duration_seconds", .histogram,
      "From the whole request to the end of its answer, without streams.")
    for (route, row) in zip(routes, rows) where row.durations != Histogram() {
      text.samples(["route": route], row.durations)
    }
    text.family("dht_proxy_refusals_total", .counter, "Requests and connections refused, by reason.")
    for (label, count) in zip(Refusal.labels, refusals) { text.sample(["reason": label], count) }
  }
}
