internal import AsyncHTTPClient
internal import DHTModel
internal import NIOCore
internal import NIOHTTP1

/// One request to a proxy. (proxy.md §13.2)
struct ProxyRequest: Sendable {
  let method: String
  /// Below the path of the proxy's URL.
  let path: String
  var body: [UInt8]?

  init(_ method: String, _ path: String, body: [UInt8]? = nil) {
    self.method = method
    self.path = path
    self.body = body
  }

  static let information = ProxyRequest("GET", "/node/info")
  /// The same of servers before 2.0.
  static let oldInformation = ProxyRequest("GET", "/")
  static func get(_ key: InfoHash) -> ProxyRequest { ProxyRequest("GET", "/key/\(key)") }
  static func listen(_ key: InfoHash) -> ProxyRequest { ProxyRequest("GET", "/key/\(key)/listen") }
  static func put(_ key: InfoHash, _ body: [UInt8]) -> ProxyRequest { ProxyRequest("POST", "/key/\(key)", body: body) }
  static func cancelPut(_ key: InfoHash, _ id: Value.ID, _ body: [UInt8]) -> ProxyRequest {
    ProxyRequest("DELETE", "/key/\(key)/\(id)", body: body)
  }
  static func subscribe(_ key: InfoHash, _ body: [UInt8]) -> ProxyRequest {
    ProxyRequest("SUBSCRIBE", "/key/\(key)", body: body)
  }
  static func unsubscribe(_ key: InfoHash, _ body: [UInt8]) -> ProxyRequest {
    ProxyRequest("UNSUBSCRIBE", "/key/\(key)", body: body)
  }

  func http(_ configuration: ProxyConfiguration) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: configuration.url.root + path)
    request.method = HTTPMethod(rawValue: method)
    request.headers.add(name: "Accept", value: "*/*")
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "User-Agent", value: configuration.userAgent)
    if let token = configuration.bearerToken { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
    return request
  }
}
