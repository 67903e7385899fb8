import OpenDHT

extension ShellCommand {
  /// Every command word that works in this version, for completion.
  static let words = [
    "b", "cc", "cl", "cpp", "e", "exit", "g", "h", "help", "l", "la", "ld", "ll", "log", "lr", "ls", "p", "pp", "psp",
    "pst", "psx", "q", "quit", "rp", "rs", "s", "stp", "stt", "x",
  ]
  /// Words of commands that later versions bring: the index, announcements.
  static let laterWords: Set<String> = ["a", "il", "ii"]

  /// Reads a line; nil when it is empty.
  init?(_ line: String) throws(ShellSyntaxError) {
    var words = ShellWords(line)
    guard let word = try Self.next(&words) else { return nil }
    switch word {
    case "h", "help": self = .help
    case "x", "exit", "quit": self = .exit
    case "ll": self = .nodeReport
    case "lr": self = .routingTables
    case "la": self = .addresses
    case "cc": self = .connectivityChanged
    case "ls": self = .searches(try Self.hash(&words))
    case "ld": self = .storage(try Self.hash(&words))
    case "log": self = .log(try Self.hash(&words))
    case "b": self = .bootstrap(try Self.host(&words))
    case "g":
      let key = try Self.key(&words)
      self = .get(key, try Self.query(words, key).filters)
    case "q":
      let key = try Self.key(&words)
      self = .query(key, try Self.query(words, key))
    case "l":
      let key = try Self.key(&words)
      self = .listen(key, try Self.query(words, key).filters)
    case "cl": self = try Self.cancelListen(&words)
    case "p": self = try Self.put(&words, "p", isPermanent: false)
    case "pp": self = try Self.put(&words, "pp", isPermanent: true)
    case "cpp": self = try Self.cancelPut(&words)
    case "s": self = try Self.putSigned(&words)
    case "e": self = try Self.putEncrypted(&words)
    case "pst": self = try Self.startProxy(&words, "pst", isSecure: false)
    case "psx": self = try Self.startProxy(&words, "psx", isSecure: true)
    case "psp": self = .stopProxy(port: try Self.port(&words, syntax: "psp [port]"))
    case "stt": self = .useProxy(server: try Self.next(&words), deviceKey: try Self.next(&words))
    case "stp": self = .leaveProxy
    case "rs": self = .setPushToken(try Self.token(&words, "rs"))
    case "rp": self = .injectPush(try Self.token(&words, "rp"))
    case let later where Self.laterWords.contains(later):
      throw ShellSyntaxError(text: "The command '\(later)' is not available in this version.")
    default:
      throw ShellSyntaxError(
        text: "Unknown command: \(word)\n (type 'h' or 'help' for a list of possible commands)", place: .standardOutput)
    }
  }
}

// The arguments, each with the line that the network's tools print when it is wrong.
extension ShellCommand {
  private static func next(_ words: inout ShellWords, _ key: KeyArgument? = nil) throws(ShellSyntaxError) -> String? {
    do { return try words.next() } catch {
      throw ShellSyntaxError(text: "Syntax error: a quote is not closed.", key: key)
    }
  }

  private static func key(_ words: inout ShellWords) throws(ShellSyntaxError) -> KeyArgument {
    guard let word = try next(&words) else { throw ShellSyntaxError(text: "Syntax error: invalid InfoHash.") }
    return KeyArgument(word)
  }

  // Only digits narrow a listing: `ls foo` lists all. (tools.md §3.4)
  private static func hash(_ words: inout ShellWords) throws(ShellSyntaxError) -> InfoHash? {
    guard let hash = try next(&words).flatMap({ InfoHash(hex: $0) }), hash != .zero else { return nil }
    return hash
  }

  private static func host(_ words: inout ShellWords) throws(ShellSyntaxError) -> Host {
    guard let word = try next(&words) else {
      throw ShellSyntaxError(text: "No service provided. Syntax: b hostname:port")
    }
    guard let host = Host(word) else { throw ShellSyntaxError(text: "'\(word)' is no host. Syntax: b hostname:port") }
    return host
  }

  private static func query(_ words: ShellWords, _ key: KeyArgument) throws(ShellSyntaxError) -> Query {
    do { return try Query(parsing: words.rest) } catch { throw ShellSyntaxError(text: error.description, key: key) }
  }

  private static func cancelListen(_ words: inout ShellWords) throws(ShellSyntaxError) -> ShellCommand {
    let key = try key(&words)
    guard let word = try next(&words, key), let token = Int(word), token > 0 else {
      throw ShellSyntaxError(text: "Syntax: cl [key] [token]", key: key)
    }
    return .cancelListen(key, token: token)
  }

  private static func put(
    _ words: inout ShellWords, _ command: String, isPermanent: Bool
  ) throws(ShellSyntaxError) -> ShellCommand {
    let key = try key(&words)
    guard let value = try next(&words, key) else {
      throw ShellSyntaxError(text: "Syntax: \(command) [key] [str]", key: key)
    }
    return .put(key, value, isPermanent: isPermanent, isCut: !words.isAtEnd)
  }

  private static func cancelPut(_ words: inout ShellWords) throws(ShellSyntaxError) -> ShellCommand {
    let key = try key(&words)
    guard let word = try next(&words, key), word.first != "+", let id = Value.ID(word, radix: 16), id != 0 else {
      throw ShellSyntaxError(text: "Syntax: cpp [key] [value id in hexadecimal]", key: key)
    }
    return .cancelPut(key, id)
  }

  private static func startProxy(
    _ words: inout ShellWords, _ command: String, isSecure: Bool
  ) throws(ShellSyntaxError) -> ShellCommand {
    let port = try port(&words, syntax: "\(command) [port] <pushServer>")
    return .startProxy(port: port, isSecure: isSecure, pushServer: try next(&words))
  }

  private static func port(_ words: inout ShellWords, syntax: String) throws(ShellSyntaxError) -> UInt16 {
    guard let port = try next(&words).flatMap(portArgument), port != 0 else {
      throw ShellSyntaxError(text: "Syntax: \(syntax)")
    }
    return port
  }

  private static func token(_ words: inout ShellWords, _ command: String) throws(ShellSyntaxError) -> String {
    guard let token = try next(&words) else { throw ShellSyntaxError(text: "Syntax: \(command) [token]") }
    return token
  }

  private static func putSigned(_ words: inout ShellWords) throws(ShellSyntaxError) -> ShellCommand {
    let key = try key(&words)
    guard let value = try next(&words, key) else { throw ShellSyntaxError(text: "Syntax: s [key] [str]", key: key) }
    return .putSigned(key, value, isCut: !words.isAtEnd)
  }

  private static func putEncrypted(_ words: inout ShellWords) throws(ShellSyntaxError) -> ShellCommand {
    let key = try key(&words)
    let syntax = "Syntax: e [key] [id of the recipient, 40 or 64 digits] [str]"
    guard let word = try next(&words, key), let recipient = Recipient(hex: word), recipient.id != .zero,
      let value = try next(&words, key)
    else { throw ShellSyntaxError(text: syntax, key: key) }
    return .putEncrypted(key, recipient, value, isCut: !words.isAtEnd)
  }
}
