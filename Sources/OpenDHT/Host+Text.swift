extension Host: LosslessStringConvertible, ExpressibleByStringLiteral {
  /// Parses `name`, `name:port`, `[address]:port` or a bare address; without port it is 4222. (tools.md §2)
  ///
  /// Nil for an empty name, or a port that is not 1 … 65535.
  public init?(_ text: String) {
    if text.hasPrefix("[") {
      guard let end = text.firstIndex(of: "]") else { return nil }
      self.init(name: text[text.index(after: text.startIndex)..<end], portText: text[text.index(after: end)...])
      return
    }
    // More than one colon without brackets: an IPv6 address, which cannot name a port.
    guard let colon = text.firstIndex(of: ":"), colon == text.lastIndex(of: ":") else {
      self.init(name: text[...], portText: "")
      return
    }
    self.init(name: text[..<colon], portText: text[colon...])
  }

  /// The host that a literal of the program names. One that cannot be parsed is taken as a name, and will not resolve.
  public init(stringLiteral text: String) {
    self = Host(text) ?? Host(name: text)
  }

  private init?(name: Substring, portText: Substring) {
    guard !name.isEmpty else { return nil }
    guard !portText.isEmpty else {
      self.init(name: String(name))
      return
    }
    guard portText.first == ":", let port = UInt16(portText.dropFirst()), port != 0 else { return nil }
    self.init(name: String(name), port: port)
  }
}
