import DHTModel
import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

@Suite struct MetricsTests {
  @Test("requests, durations and refusals are counted, in rows that no client can add to")
  func requests() {
    var figures = RequestFigures(routes: ["get", "put"])
    figures.record(route: 0, status: 200, duration: .milliseconds(3))
    figures.record(route: 0, status: 200, duration: .seconds(20))
    figures.record(route: 1, status: 299, duration: nil)
    figures.record(route: 7, status: 200, duration: nil)
    figures.record(.tooFast(retryAfter: .zero))
    var text = MetricsText()
    figures.write(to: &text)
    let lines = Set(text.text.split(separator: "\n").map(String.init))
    #expect(figures.answered == 3)
    for line in [
      #"dht_proxy_requests_total{route="get",status="200"} 2"#,
      #"dht_proxy_requests_total{route="put",status="other"} 1"#,
      #"dht_proxy_request_duration_seconds_bucket{route="get",le="0.0025"} 0"#,
      #"dht_proxy_request_duration_seconds_bucket{route="get",le="0.005"} 1"#,
      #"dht_proxy_request_duration_seconds_bucket{route="get",le="+Inf"} 2"#,
      #"dht_proxy_request_duration_seconds_sum{route="get"} 20.003"#,
      #"dht_proxy_request_duration_seconds_count{route="get"} 2"#,
      #"dht_proxy_refusals_total{reason="rate"} 1"#, #"dht_proxy_refusals_total{reason="listen"} 0"#,
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    expectWellFormed(text.text)
  }

  @Test("the node's own figures are all there, well formed")
  func node() {
    var text = MetricsText()
    NodeFigures().write(to: &text)
    expectWellFormed(text.text)
    #expect(text.text.contains("dht_storage_values{origin=\"local\"} 0\n"))
  }

  @Test("what became of pushes is told, and how many wait")
  func pushes() {
    let counts = Operations.Counts(
      listens: 0,
      RegistrationStatistics(
        pushTokens: 0, permanentKeys: 0, permanentPuts: 0, android: .init(), iOS: .init(), unifiedPush: .init(),
        subscriptions: 5, permanentPutBytes: 6, subscriptionBytes: 7, waitingPushes: 8, delivered: 1, gone: 0,
        refused: 2, failed: 3, merged: 0, dropped: 4, givenUp: 0))
    var text = MetricsText()
    ServerFigures(
      counts, connections: 0, events: .init(), health: Health(HealthSettings(), now: Instant(nanoseconds: 0))
    ).write(to: &text)
    expectWellFormed(text.text)
    for line in [
      #"dht_proxy_push_outcomes_total{outcome="refused"} 2"#, #"dht_proxy_push_outcomes_total{outcome="dropped"} 4"#,
      "dht_proxy_pushes_waiting 8", "dht_proxy_subscriptions 5",
      #"dht_proxy_registration_bytes{of="subscriptions"} 7"#,
    ] {
      #expect(text.text.contains(line + "\n"), "\(line)")
    }
  }

  @Test("labels and help are escaped")
  func escapes() {
    var text = MetricsText()
    text.family("a", .gauge, "back\\slash\nand \"quotes\"")
    text.sample(["x": "back\\slash\nand \"quotes\""], seconds: 1.5)
    #expect(
      text.text == """
        # HELP a back\\\\slash\\nand "quotes"
        # TYPE a gauge
        a{x="back\\\\slash\\nand \\"quotes\\""} 1.5

        """)
  }
}

/// The rules of the format: help and type once, before the samples; names and labels of the permitted characters; no
/// sample twice; every counter ends in _total; the buckets of a histogram grow, and the last is its count.
func expectWellFormed(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
  var types: [String: String] = [:]
  var samples = Set<Substring>()
  var family = ""
  var below = -1
  #expect(text.hasSuffix("\n"), sourceLocation: sourceLocation)
  for line in text.split(separator: "\n") {
    let words = line.split(separator: " ")
    if line.hasPrefix("# HELP ") {
      family = String(words[2])
      #expect(types[family] == nil, "\(line)", sourceLocation: sourceLocation)
      continue
    }
    if line.hasPrefix("# TYPE ") {
      #expect(String(words[2]) == family && words.count == 4, "\(line)", sourceLocation: sourceLocation)
      types[family] = String(words[3])
      #expect(words[3] != "counter" || family.hasSuffix("_total"), "\(line)", sourceLocation: sourceLocation)
      continue
    }
    let name = line.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    #expect(name.hasPrefix(family), "\(line)", sourceLocation: sourceLocation)
    let series = line.split(separator: " ").dropLast().joined(separator: " ")
    #expect(samples.insert(Substring(series)).inserted, "twice: \(line)", sourceLocation: sourceLocation)
    #expect(Double(words.last ?? "") != nil, "\(line)", sourceLocation: sourceLocation)
    if types[family] == "histogram", name.hasSuffix("_bucket") {
      let count = Int(words.last ?? "") ?? -1
      if line.contains("le=\"0.0005\"") { below = -1 }
      #expect(count >= below, "\(line)", sourceLocation: sourceLocation)
      below = count
    } else if name.hasSuffix("_count"), types[family] == "histogram" {
      #expect(Int(words.last ?? "") == below, "\(line)", sourceLocation: sourceLocation)
    }
  }
}
