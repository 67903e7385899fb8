/// Bearer tokens that the server knows. It keeps their hashes only: whoever reads the file learns no token.
///
/// One token a line: SHA-256 of it in hexadecimal, what it is good for, limits of its own if any. `#` begins a comment.
///
///     # printf %s "$TOKEN" | sha256sum
///     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  read,write,push  requests=50 burst=500 listens=200
///     2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae  all
public struct TokenTable: Sendable {
  /// What is known of a token.
  public struct Entry: Sendable {
    /// SHA-256 of the token.
    public var hash: TokenHash
    /// What it opens.
    public var groups: Set<RouteGroup>
    /// Limits of its own; nil for those of all tokens.
    public var limits: ClientLimits?
  }

  /// What is wrong with a line.
  public struct ParsingError: Error, Equatable, CustomStringConvertible {
    /// Its number, from 1.
    public var line: Int
    /// What is wrong.
    public var reason: String
    /// One line for whoever wrote the file.
    public var description: String { "line \(line): \(reason)" }
  }

  /// Most tokens. Each request is compared with all of them, so that the time tells nothing: 4 µs for so many.
  public static let mostTokens = 1_024
  /// Bytes of a token in a request. 32 random bytes in Base64 are 44.
  public static let tokenBytes = 512

  /// The tokens, in the order of the file.
  public let entries: [Entry]

  /// Knows no token.
  public init() { entries = [] }

  /// Reads a file.
  /// - Throws: the first line that is wrong.
  public init(parsing text: String) throws(ParsingError) {
    var entries: [Entry] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let content = line.split(separator: "#", omittingEmptySubsequences: false).first else { continue }
      let words = content.split { $0.isWhitespace }
      guard !words.isEmpty else { continue }
      let entry: Entry
      do { entry = try Entry(words) } catch { throw ParsingError(line: index + 1, reason: error.reason) }
      guard !entries.contains(where: { $0.hash == entry.hash }) else {
        throw ParsingError(line: index + 1, reason: "this token stands there already")
      }
      guard entries.count < Self.mostTokens else {
        throw ParsingError(line: index + 1, reason: "more than \(Self.mostTokens) tokens")
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// The place of a token; nil when it is unknown. Takes the same time for every token.
  func place(of token: [UInt8]) -> Int? {
    guard token.count <= Self.tokenBytes else { return nil }
    let hash = TokenHash(hashing: token)
    var found: Int?
    for (place, entry) in entries.enumerated() where entry.hash.isSame(as: hash) { found = place }
    return found
  }
}

private struct WordError: Error { var reason: String }

extension TokenTable.Entry {
  fileprivate init(_ words: [Substring]) throws(WordError) {
    guard let hash = TokenHash(hex: words[0]) else { throw WordError(reason: "no SHA-256 of a token, 64 digits") }
    guard words.count > 1 else { throw WordError(reason: "no groups; write all, or some of \(Self.names)") }
    self.hash = hash
    groups = try Self.groups(words[1])
    limits = try Self.limits(words.dropFirst(2))
  }

  private static var names: String { RouteGroup.allCases.map(\.rawValue).joined(separator: ",") }

  private static func groups(_ text: Substring) throws(WordError) -> Set<RouteGroup> {
    guard text != "all" else { return Set(RouteGroup.allCases) }
    var groups: Set<RouteGroup> = []
    for name in text.split(separator: ",") {
      guard let group = RouteGroup(rawValue: String(name)) else {
        throw WordError(reason: "no group \(name); there are all, \(names)")
      }
      groups.insert(group)
    }
    return groups
  }

  private static func limits(_ words: ArraySlice<Substring>) throws(WordError) -> ClientLimits? {
    guard !words.isEmpty else { return nil }
    var limits = ClientLimits()
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let number = Int(parts[1]), number >= 0 else {
        throw WordError(reason: "\(word) is no limit; write for example requests=50")
      }
      switch parts[0] {
      case "requests": limits.requestsPerSecond = Double(number)
      case "burst": limits.requestBurst = number
      case "connections": limits.connections = number
      case "listens": limits.listens = number
      case "streams": limits.streams = number
      default: throw WordError(reason: "no limit \(parts[0]); there are requests, burst, connections, listens, streams")
      }
    }
    return limits
  }
}
