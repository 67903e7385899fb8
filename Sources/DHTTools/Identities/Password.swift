import DHTText

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Where the password of a private key comes from: an option, a file, the environment, or a person at the terminal.
struct Password: Equatable {
  /// A password is a line; a larger file is none.
  private static let maximumBytes = 4096

  /// As given on the command line, where everybody on the machine can read it: for lines written for other tools.
  var word: String?
  /// A file whose first line it is; `-` is standard input.
  var file: String?
  /// Whether a new key is to be encrypted with a password that is asked for.
  var asks = false
  /// The environment variable that is looked at.
  var variable = "DHT_PRIVKEY_PASSWORD"

  /// The password of a key that needs one; nil when there is none, and nobody to ask.
  func find(for path: String) throws(IdentityFailure) -> String? {
    if let known = try known() { return known }
    guard Descriptor.standardInput.isTerminal else { return nil }
    return Self.ask("Password of \(terminalSafe(path)): ")
  }

  /// The password of a key that is to be written; nil for a key that is not encrypted.
  func choose(for path: String) throws(IdentityFailure) -> String? {
    guard asks else { return try known() }
    guard Descriptor.standardInput.isTerminal else {
      throw IdentityFailure(description: "No terminal to ask for a password: use --password-file")
    }
    guard let first = Self.ask("Password for \(terminalSafe(path)): "), !first.isEmpty else {
      throw IdentityFailure(description: "No password was given")
    }
    guard Self.ask("The same again: ") == first else {
      throw IdentityFailure(description: "The two passwords are not the same")
    }
    return first
  }

  private func known() throws(IdentityFailure) -> String? {
    // An empty one is none, as in the network's tools.
    if let word, !word.isEmpty { return word }
    if let file { return try Self.read(file) }
    return fromEnvironment
  }

  /// A word from the command line or the environment, without asking anybody.
  var atHand: String? { word.flatMap { $0.isEmpty ? nil : $0 } ?? fromEnvironment }

  private var fromEnvironment: String? {
    getenv(variable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  private static func read(_ path: String) throws(IdentityFailure) -> String {
    var file = Descriptor.standardInput
    if path != "-" {
      switch Descriptor.reading(path) {
      case .success(let opened): file = opened
      case .failure(let reason):
        throw IdentityFailure(description: "Error reading the password: \(terminalSafe(path)): \(reason)")
      }
    }
    defer { if path != "-" { file.close() } }
    let bytes = file.readAll(limit: maximumBytes)
    guard let bytes, bytes.count <= maximumBytes, let line = firstLine(bytes), !line.isEmpty else {
      throw IdentityFailure(description: "Error reading the password: no password stands in \(terminalSafe(path))")
    }
    return line
  }

  private static func firstLine(_ bytes: [UInt8]) -> String? {
    var line = bytes.prefix { $0 != 0x0a }
    if line.last == 0x0d { line.removeLast() }
    return String(validating: line, as: UTF8.self)
  }

  /// A line from the terminal that is not shown; nil at the end of the input.
  private static func ask(_ prompt: String) -> String? {
    guard tcgetattr(0, &settings) == 0 else { return nil }
    var silent = settings
    silent.c_lflag &= ~tcflag_t(ECHO)
    // An interrupt ends the program, but never leaves a terminal that shows nothing.
    let before = signal(SIGINT) { number in
      showAgain()
      signal(number, SIG_DFL)
      raise(number)
    }
    tcsetattr(0, TCSAFLUSH, &silent)
    Descriptor.standardError.write(prompt.utf8)
    defer {
      showAgain()
      signal(SIGINT, before)
      Descriptor.standardError.write("\n".utf8)
    }
    return readLine(strippingNewline: true)
  }
}

// Written before the signal's handler is set, and read by it alone: one question is asked at a time.
private nonisolated(unsafe) var settings = termios()

private func showAgain() { tcsetattr(0, TCSANOW, &settings) }
