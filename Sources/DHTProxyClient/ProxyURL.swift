/// Where a proxy is: `[scheme://][user[:password]@]host[:port][/path][?query][#fragment]`. (proxy.md §13.1)
///
/// The scheme is `http` unless told otherwise. A path is put before every route. User and password, query and fragment
/// are passed over.
struct ProxyURL: Hashable, Sendable {
  /// Whether TLS is used.
  let isSecure: Bool
  /// A name, an IPv4 address, or an IPv6 address without brackets.
  let host: String
  let port: UInt16
  /// Empty, or beginning with a slash and not ending with one.
  let path: String

  /// Reads a URL; nil when it names no host, or another protocol.
  init?(_ text: String) {
    var rest = text[...]
    var scheme = "http"
    if let end = rest.firstRange(of: "://") {
      scheme = rest[..<end.lowerBound].lowercased()
      rest = rest[end.upperBound...]
    }
    guard scheme == "http" || scheme == "https" else { return nil }
    isSecure = scheme == "https"
    rest = rest.prefix { $0 != "#" }.prefix { $0 != "?" }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var path = rest[slash...]
    while path.last == "/" { path = path.dropLast() }
    var authority = rest[..<slash]
    if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
    guard let place = Self.place(authority), !place.host.isEmpty, Self.isPlain(place.host), Self.isPlain(path) else {
      return nil
    }
    (host, self.path) = (place.host.lowercased(), String(path))
    guard let text = place.port else {
      port = isSecure ? 443 : 80
      return
    }
    guard let number = UInt16(text), number > 0 else { return nil }
    port = number
  }

  /// What every request's URL begins with.
  var root: String { origin + path }

  private var origin: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return "\(isSecure ? "https" : "http")://\(name):\(port)"
  }

  /// Where a redirect leads; nil when it is not to be followed: to another host, or from TLS to plain text, since requests
  /// hold secrets and tokens.
  func redirected(to location: String) -> ProxyURL? {
    let isPath = location.hasPrefix("/") && !location.hasPrefix("//")
    guard isPath || location.contains("://"), let next = ProxyURL(isPath ? origin + location : location) else {
      return nil
    }
    return next.host == host && (next.isSecure || !isSecure) ? next : nil
  }

  private static func place(_ authority: Substring) -> (host: Substring, port: Substring?)? {
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      let host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else { return nil }
      return (host, rest.isEmpty ? nil : rest.dropFirst())
    }
    // Several colons: a bare IPv6 address.
    guard let colon = authority.firstIndex(of: ":"), authority.lastIndex(of: ":") == colon else {
      return (authority, nil)
    }
    return (authority[..<colon], authority[authority.index(after: colon)...])
  }

  /// Nothing that would end a line of the request, or its target.
  private static func isPlain(_ text: Substring) -> Bool {
    text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }
}
