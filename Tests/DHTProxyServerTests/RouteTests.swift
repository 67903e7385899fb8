import OpenDHT
import Testing

@testable import DHTProxyServer

@Suite struct RouteTests {
  private let foo = InfoHash(hashing: "foo")

  @Test("X-3 X-8 X-9 X-17 X-18 X-19 X-20: paths and what they lead to")
  func paths() {
    let hex = "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"
    let zeros = String(repeating: "0", count: 40)
    let rows: [(String, String, Route)] = [
      ("GET", "/", .nodeInformation), ("GET", "/?a=b", .nodeInformation), ("GET", "/node/info", .nodeInformation),
      ("GET", "/NODE/Info/?x", .nodeInformation), ("GET", "/node/stats", .nodeStatistics),
      ("POST", "/node/pingPush", .pingPush), ("POST", "/node/PINGPUSH/", .pingPush),
      ("GET", "/key/foo", .get(foo)), ("GET", "/KEY/foo/", .get(foo)), ("GET", "/foo", .get(foo)),
      ("GET", "/key/foo?bar=1/2", .get(foo)), ("GET", "/\(hex)", .get(foo)),
      ("GET", "/key/\(hex.uppercased())", .get(foo)), ("GET", "/key/\(hex)ffff", .get(foo)),
      ("GET", "/key/\(zeros)", .get(InfoHash(hashing: zeros))), ("GET", "/key/a%20b", .get(InfoHash(hashing: "a%20b"))),
      ("GET", "/key", .get(InfoHash(hashing: "key"))), ("GET", "/key/", .get(InfoHash(hashing: "key"))),
      ("GET", "/node", .get(InfoHash(hashing: "node"))), ("POST", "/foo", .put(foo)), ("POST", "/key/foo", .put(foo)),
      ("GET", "/key/foo/listen", .listen(foo)), ("GET", "/key/foo/LISTEN/", .listen(foo)),
      ("GET", "/key/foo/options", .preflight), ("OPTIONS", "/anything/at/all", .preflight),
      ("POST", "/key/foo/sign", .sign(foo)), ("POST", "/key/foo/encrypt", .encrypt(foo)),
      ("SUBSCRIBE", "/foo", .subscribe(foo)), ("SUBSCRIBE", "/key/foo", .subscribe(foo)),
      ("UNSUBSCRIBE", "/foo", .unsubscribe(foo)), ("UNSUBSCRIBE", "/key/foo", .unsubscribe(foo)),
      ("DELETE", "/key/foo/7", .cancelPut(foo, 7)), ("GET", "/healthz", .health), ("GET", "/readyz", .readiness),
      ("GET", "/metrics", .metrics), ("GET", "/openapi.json", .openAPI), ("GET", "/events", .events),
    ]
    for (method, path, route) in rows {
      #expect(RouteMatch(method: method, target: path) == .found(route), "\(method) \(path)")
    }
  }

  @Test(
    "X-12: what leads nowhere",
    arguments: [
      "", "foo", "//", "//foo", "/key//", "/key//listen", "/a/b", "/a/b/c", "/key/foo/bar", "/key/foo/0",
      "/key/foo/listen/x",
      "/key/foo/-1", "/node/nothing", "http://h/key/foo", "/key/foo/18446744073709551616",
    ])
  func nowhere(_ path: String) {
    #expect(RouteMatch(method: "GET", target: path) == .notFound)
  }

  @Test("X-12: other methods are named")
  func otherMethods() {
    let rows = [
      ("PUT", "/foo", "GET, POST, SUBSCRIBE, UNSUBSCRIBE, OPTIONS"), ("POST", "/", "GET, OPTIONS"),
      ("POST", "/key/foo/listen", "GET, OPTIONS"), ("GET", "/key/foo/sign", "POST, OPTIONS"),
      ("POST", "/metrics", "GET, OPTIONS"), ("GET", "/key/foo/7", "DELETE, OPTIONS"),
    ]
    for (method, path, allowed) in rows {
      #expect(RouteMatch(method: method, target: path) == .otherMethod(allowed: allowed), "\(method) \(path)")
    }
  }

  @Test("a route belongs to a group, and has a name")
  func groups() {
    #expect(Route.get(foo).group == .read && Route.put(foo).group == .write && Route.sign(foo).group == .identity)
    #expect(Route.subscribe(foo).group == .push && Route.cancelPut(foo, 1).group == .permanent)
    #expect(Route.metrics.group == .operations && Route.metrics.name == "metrics")
  }
}
