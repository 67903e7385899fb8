/// A URL that a request goes to, read strictly: what is read here must be what is sent, and tokens come from strangers.
struct HTTPEndpoint: Hashable, Sendable {
  let isSecure: Bool
  /// In lower case; an IPv6 address without its brackets.
  let host: String
  let port: UInt16
  let hasPort: Bool
  /// Path and query, beginning with a slash.
  let target: String

  /// Reads `http[s]://HOST[:PORT][/PATH][?QUERY][#FRAGMENT]`; nil for anything else. A user or password is refused.
  init?(_ text: String) {
    // Visible ASCII only: no line end gets into a head, and nobody reads another host than we do.
    guard text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "\\") }) else { return nil }
    let lower = text.lowercased()
    let scheme: String
    if lower.hasPrefix("https://") {
      (scheme, isSecure) = ("https://", true)
    } else if lower.hasPrefix("http://") {
      (scheme, isSecure) = ("http://", false)
    } else {
      return nil
    }
    let rest = text.dropFirst(scheme.count).prefix { $0 != "#" }
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard let (host, port) = Self.authority(rest[..<end]) else { return nil }
    self.host = host
    hasPort = port != nil
    self.port = port ?? (isSecure ? 443 : 80)
    let target = rest[end...]
    self.target = target.hasPrefix("/") ? String(target) : "/\(target)"
  }

  /// The header `Host`: without the port that the scheme has by itself.
  var hostHeader: String {
    let name = isIPv6 ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// The same as a URL.
  var url: String { "\(isSecure ? "https" : "http")://\(isIPv6 ? "[\(host)]" : host):\(port)\(target)" }

  var isIPv6: Bool { host.contains(":") }
}

extension HTTPEndpoint {
  private static func authority(_ text: Substring) -> (host: String, port: UInt16?)? {
    var host = text
    var portText: Substring = ""
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      host = text[text.index(after: text.startIndex)..<end]
      portText = text[text.index(after: end)...]
      guard host.contains(":"), host.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else { return nil }
    } else {
      if let colon = text.firstIndex(of: ":") { (host, portText) = (text[..<colon], text[colon...]) }
      guard !host.isEmpty, host.utf8.count <= 253, host.utf8.allSatisfy(isOfName) else { return nil }
    }
    guard !portText.isEmpty else { return (host.lowercased(), nil) }
    guard portText.first == ":", let port = UInt16(portText.dropFirst()), port != 0,
      portText.dropFirst().allSatisfy(\.isNumber)
    else { return nil }
    return (host.lowercased(), port)
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
