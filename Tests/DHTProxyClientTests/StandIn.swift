import DHTModel
import DHTProxyClient
import DHTProxyMessages
import NIOConcurrencyHelpers
import OpenDHT

/// A stand-in for a proxy: values in a table, listens that tests end as they like.
final class StandIn: Sendable {
  private struct State {
    var values: [String: [Value]] = [:]
    var listens: [String: [ScriptedServer.Connection]] = [:]
    var refusal: Int?
  }
  private let state = NIOLockedValueBox(State())
  let nodeID = InfoHash.random()

  /// What a server runs.
  var script: ScriptedServer.Script {
    { request, connection in self.answer(request, connection) }
  }

  private func answer(_ request: ScriptedServer.Request, _ connection: ScriptedServer.Connection) {
    let key = String(request.path.split(separator: "/").dropFirst().first ?? "")
    if let refusal = state.withLockedValue({ $0.refusal }), request.path != "/node/info" {
      return connection.answer(refusal, "")
    }
    switch (request.method, request.path.hasSuffix("/listen")) {
    case ("GET", _) where request.path == "/node/info":
      connection.answer(
        200, #"{"ipv4":{"good":3},"ipv6":{},"node_id":"\#(nodeID)","public_ip":"::ffff:127.0.0.1"}"# + "\n")
    case ("GET", true):
      connection.beginChunked()
      for value in values(key) { connection.chunk(value.line) }
      state.withLockedValue { $0.listens[key, default: []].append(connection) }
    case ("GET", false):
      connection.beginChunked()
      for value in values(key) { connection.chunk(value.line) }
      connection.send("0\r\n\r\n")
    case ("POST", _):
      guard let body = try? PutBody(reading: Array(request.body.utf8)) else { return connection.answer(400, "") }
      set(key, values(key).filter { $0.id != body.value.id } + [body.value])
      connection.answer(200, String(decoding: body.value.jsonLine(), as: UTF8.self))
    case ("SUBSCRIBE", _): connection.answer(200, "{}\n")
    case ("UNSUBSCRIBE", _): connection.answer(200, "")
    default: connection.answer(501, "")
    }
  }

  func values(_ key: String) -> [Value] { state.withLockedValue { $0.values[key] ?? [] } }
  func set(_ key: InfoHash, _ values: [Value]) { set("\(key)", values) }
  private func set(_ key: String, _ values: [Value]) { state.withLockedValue { $0.values[key] = values } }
  func refuse(_ status: Int?) { state.withLockedValue { $0.refusal = status } }
  /// The connections of a key's listens, taken out.
  func takeListens(_ key: InfoHash) -> [ScriptedServer.Connection] {
    state.withLockedValue { $0.listens.removeValue(forKey: "\(key)") ?? [] }
  }
}

extension ScriptedServer {
  /// A node that uses this server, started and connected.
  @discardableResult
  func withClient<Result>(
    _ change: (inout ProxyConfiguration) -> Void = { _ in }, isConnected: Bool = true,
    _ body: (DHT) async throws -> Result
  ) async throws -> Result {
    var configuration = DHT.Configuration()
    configuration.backend = .proxy(try proxy(change))
    let dht = DHT(configuration)
    try await dht.start()
    do {
      if isConnected { try await dht.waitUntilConnected(timeout: .seconds(60)) }
      let result = try await body(dht)
      await dht.stop()
      return result
    } catch {
      await dht.stop()
      throw error
    }
  }

  func proxy(_ change: (inout ProxyConfiguration) -> Void = { _ in }) throws -> ProxyConfiguration {
    var proxy = try ProxyConfiguration("http://127.0.0.1:\(port)")
    change(&proxy)
    return proxy
  }
}

extension Value {
  /// The value as a line of an answer.
  var line: String { String(decoding: jsonLine(), as: UTF8.self) }
  /// The line that says that it is gone.
  var goneLine: String { String(decoding: expiryLine(), as: UTF8.self) }
}
