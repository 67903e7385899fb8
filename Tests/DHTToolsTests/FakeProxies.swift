@testable import DHTTools

/// Proxies that only remember what they were asked for.
actor FakeProxies: ProxyControl {
  private(set) var calls: [String] = []
  private var refusal: String?

  func refuse(_ text: String) { refusal = text }

  func start(port: UInt16, isSecure: Bool, pushServer: String?) -> String? {
    note("start \(port) \(isSecure) \(pushServer ?? "-")")
  }
  func stop(port: UInt16) -> Bool { port == 80 }
  func reports() -> [ProxyReport] { [ProxyReport(port: 80, listens: 2, requestsPerSecond: 2.6)] }
  func use(server: String?, deviceKey: String?) -> String? { note("use \(server ?? "-") \(deviceKey ?? "-")") }
  func leave() -> String? { note("leave") }
  func setPushToken(_ token: String) -> String? { note("token \(token)") }
  func pushReceived(_ data: [String: String]) -> String { "\(data["to"] ?? "") \(data["token"] ?? "")" }

  private func note(_ call: String) -> String? {
    calls.append(call)
    return refusal
  }
}
