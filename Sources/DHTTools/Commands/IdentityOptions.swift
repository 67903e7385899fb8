import ArgumentParser
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Who a command is.
struct IdentityOptions: ParsableArguments {
  /// The environment variable that names the identity when no option does.
  static let variable = "DHT_IDENTITY"

  @Option(
    help: ArgumentHelp(
      "Be the identity of PATH.crt and PATH.pem; its values are opened. (default: $DHT_IDENTITY)", valueName: "path"))
  var identity: String?
  @Option(
    help: ArgumentHelp(
      "File with the password of the private key; - is standard input. Else $DHT_PRIVKEY_PASSWORD, else it is asked for.",
      valueName: "file"))
  var passwordFile: String?

  /// Where the identity stands; nil for none.
  var path: String? {
    if let identity { return identity }
    return getenv(Self.variable).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The identity that was named; nil for none. Throws the exit code, having told why.
  func load() throws -> Identity? {
    try complaining { () throws(IdentityFailure) in
      guard let path else { return nil }
      return try IdentityFiles.load(path, Password(file: passwordFile))
    }
  }

  /// The identity that was named, else one made for this run alone.
  func loadOrMake(_ options: CommonOptions) async throws -> Identity {
    if let identity = try load() { return identity }
    if !options.quiet {
      Descriptor.standardError.write(
        "dht: signed with a key made for this alone; name a lasting one with --identity\n".utf8)
    }
    let made: Result<Identity, IdentityFailure>
    do throws(IdentityFailure) {
      made = .success(try await KeyWork.generate { Descriptor.standardError.write("dht: \($0)\n".utf8) }.identity)
    } catch {
      made = .failure(error)
    }
    return try complaining { () throws(IdentityFailure) in try made.get() }
  }
}

/// Runs some work; its failure becomes one line on standard error, and the exit code.
func complaining<Result>(_ work: () throws(IdentityFailure) -> Result) throws -> Result {
  do throws(IdentityFailure) { return try work() } catch {
    Descriptor.standardError.write("dht: \(error)\n".utf8)
    throw ExitCode(error.status.rawValue)
  }
}

extension DHT.Configuration {
  /// Gives the node of a command an identity.
  ///
  /// Its id stays a random one: the identity's own node may run at the same time, and two nodes with one id shadow each
  /// other. A command that is gone in a moment does not publish its certificate either.
  mutating func become(_ identity: Identity?, publishes: Bool) {
    guard let identity else { return }
    self.identity = identity
    node.nodeID = .random()
    publishesCertificate = publishes
  }
}
