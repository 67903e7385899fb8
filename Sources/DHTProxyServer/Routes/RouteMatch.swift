internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity

/// What a method and a path lead to. (proxy.md §2, §4)
///
/// Literals match without regard to case, one slash may end the path, everything from `?` on is ignored, and a key is taken
/// as it stands. Where there are two forms of a route, `/KEY` and `/key/KEY`, both are served.
enum RouteMatch: Hashable, Sendable {
  case found(Route)
  /// There is such a path, for these methods.
  case otherMethod(allowed: String)
  case notFound

  /// Looks up a request's target. Runs over the bytes once, and never further than the limit on paths.
  init(method: String, target: String) {
    guard method != "OPTIONS" else {
      self = .found(.preflight)
      return
    }
    // What clients ask for most, without taking it apart.
    guard method != "GET" || target != "/node/info" && target != "/" else {
      self = .found(.nodeInformation)
      return
    }
    var target = target
    self = target.withUTF8 { bytes in
      // Never outlives the closure: what is kept is copied.
      Self.match(method, Array(bytes.prefix { $0 != UInt8(ascii: "?") })[...])
    }
  }

  private static func match(_ method: String, _ path: ArraySlice<UInt8>) -> RouteMatch {
    guard path.first == UInt8(ascii: "/") else { return .notFound }
    var rest = path.dropFirst()
    guard !rest.isEmpty else { return only("GET", .nodeInformation, method) }
    if rest.last == UInt8(ascii: "/") { rest.removeLast() }
    let segments = rest.split(separator: UInt8(ascii: "/"), maxSplits: 3, omittingEmptySubsequences: false)
    guard segments.allSatisfy({ !$0.isEmpty }) else { return .notFound }
    return match(method, segments)
  }

  private static func match(_ method: String, _ segments: [ArraySlice<UInt8>]) -> RouteMatch {
    switch segments.count {
    case 1: single(method, segments[0])
    case 2 where segments[0].isLiteral("node"): node(method, segments[1])
    case 2 where segments[0].isLiteral("key"): key(method, segments[1])
    case 2 where segments[0].isLiteral("events"):
      only("POST", .changeEvents(String(decoding: segments[1], as: UTF8.self)), method)
    case 3 where segments[0].isLiteral("key"): below(method, segments[1], segments[2])
    default: .notFound
    }
  }

  // Paths of our own hide the keys of their names in the short form; clients write keys as digits.
  private static func single(_ method: String, _ name: ArraySlice<UInt8>) -> RouteMatch {
    switch name.literal {
    case "healthz": only("GET", .health, method)
    case "readyz": only("GET", .readiness, method)
    case "metrics": only("GET", .metrics, method)
    case "openapi.json": only("GET", .openAPI, method)
    case "events": method == "POST" ? .found(.events) : only("GET", .events, method, "GET, POST")
    default: key(method, name)
    }
  }

  private static func node(_ method: String, _ name: ArraySlice<UInt8>) -> RouteMatch {
    switch name.literal {
    case "info": only("GET", .nodeInformation, method)
    case "stats": only("GET", .nodeStatistics, method)
    case "pingpush": only("POST", .pingPush, method)
    default: .notFound
    }
  }

  private static func key(_ method: String, _ segment: ArraySlice<UInt8>) -> RouteMatch {
    guard let key = InfoHash(segment: segment) else { return .notFound }
    return switch method {
    case "GET": .found(.get(key))
    case "POST": .found(.put(key))
    case "SUBSCRIBE": .found(.subscribe(key))
    case "UNSUBSCRIBE": .found(.unsubscribe(key))
    default: .otherMethod(allowed: "GET, POST, SUBSCRIBE, UNSUBSCRIBE, OPTIONS")
    }
  }

  private static func below(
    _ method: String, _ segment: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>
  ) -> RouteMatch {
    guard let key = InfoHash(segment: segment) else { return .notFound }
    switch name.literal {
    case "listen": return only("GET", .listen(key), method)
    case "sign": return only("POST", .sign(key), method)
    case "encrypt": return only("POST", .encrypt(key), method)
    case "options": return only("GET", .preflight, method)
    default:
      guard let id = Value.ID(String(decoding: name, as: UTF8.self)), id != 0 else { return .notFound }
      return only("DELETE", .cancelPut(key, id), method)
    }
  }

  private static func only(
    _ served: String, _ route: Route, _ method: String, _ allowed: String? = nil
  ) -> RouteMatch {
    method == served ? .found(route) : .otherMethod(allowed: "\(allowed ?? served), OPTIONS")
  }
}

extension ArraySlice<UInt8> {
  /// The longest literal.
  private static var literalLength: Int { 12 }

  /// The segment in lower case, for comparing; nil for what is longer than any literal.
  fileprivate var literal: String? {
    guard count <= Self.literalLength else { return nil }
    return String(decoding: map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
  }

  fileprivate func isLiteral(_ text: String) -> Bool { literal == text }
}

extension InfoHash {
  fileprivate init?(segment: ArraySlice<UInt8>) {
    switch KeySegment(segment) {
    case .hash(let hash): self = hash
    case .name(let bytes): self.init(hashing: bytes)
    case nil: return nil
    }
  }
}
