internal import DHTJSON
internal import DHTModel
internal import OpenDHT

/// What `/healthz` and `/readyz` answer.
///
///     {"status":"ok"}
///     {"status":"unavailable","reason":"cut off","seconds":12,"ipv4":"disconnected","ipv6":"disconnected"}
struct HealthAnswer: Equatable {
  var status: Int
  var body: [UInt8]

  /// Whether the process is alive: a supervisor restarts it when it is not.
  static func liveness(_ health: Health, now: Instant) -> HealthAnswer {
    let isAlive = health.isAlive(now: now)
    return HealthAnswer(
      reason: isAlive ? nil : health.readiness(now: now) == .stopped ? "stopped" : "node does not answer")
  }

  /// Whether it can serve: a balancer sends clients elsewhere when it cannot. Details are for those who may look inside.
  static func readiness(_ health: Health, details: Bool, now: Instant) -> HealthAnswer {
    let readiness = health.readiness(now: now)
    return HealthAnswer(reason: readiness.reason) { object in
      guard details else { return }
      if case .cutOff(let since) = readiness { object.member("seconds", Int((now - since).inSeconds)) }
      object.member("ipv4", health.status.ipv4.word)
      object.member("ipv6", health.status.ipv6.word)
    }
  }

  private init(reason: String?, _ writeMore: (inout JSONWriter) -> Void = { _ in }) {
    status = reason == nil ? 200 : 503
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { object in
      object.member("status", reason == nil ? "ok" : "unavailable")
      if let reason { object.member("reason", reason) }
      writeMore(&object)
    }
    body = writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension Health.Readiness {
  fileprivate var reason: String? {
    switch self {
    case .ready: nil
    case .starting: "starting"
    case .cutOff: "cut off"
    case .stopped: "stopped"
    }
  }
}

extension Status {
  fileprivate var word: String {
    switch self {
    case .disconnected: "disconnected"
    case .connecting: "connecting"
    case .connected: "connected"
    }
  }
}
