import ArgumentParser
import OpenDHT

/// `dht identity`
struct IdentityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identity", abstract: "Make and show identities: a private key and its certificate.",
    discussion: "An identity PATH stands in two files: PATH.pem, the private key, and PATH.crt, the certificate.",
    subcommands: [IdentityNewCommand.self, IdentityShowCommand.self])
}

/// `dht identity new PATH`
struct IdentityNewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Make an identity.",
    discussion: """
      Writes PATH.pem, which its owner alone can read, and PATH.crt. Without --ca the identity is its own authority, and \
      can be the --ca of others. An identity that is there already is not written over.
      """)

  @Argument(help: "Where to write, without an ending.") var path: String
  @Option(help: ArgumentHelp("Name in the certificate. (default: the last part of PATH)", valueName: "text"))
  var name: String?
  @Option(help: ArgumentHelp("Size of the RSA key: 2048 … 16384.", valueName: "number")) var bits = 4096
  @Option(help: ArgumentHelp("Have it certified by this identity.", valueName: "path")) var ca: String?
  @Option(help: ArgumentHelp("File with the password of that identity's key.", valueName: "file"))
  var caPasswordFile: String?
  @Option(
    help: ArgumentHelp(
      "Encrypt the private key with the password in this file; - is standard input. Else with $DHT_PRIVKEY_PASSWORD.",
      valueName: "file"))
  var passwordFile: String?
  @Flag(help: "Ask for a password to encrypt the private key with.") var askPassword = false
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(name: [.customShort("q"), .long], help: "Print errors only.") var quiet = false

  func validate() throws {
    if path.isEmpty || path.hasSuffix("/") { throw ValidationError("PATH names a file, without its ending.") }
    if name == "" { throw ValidationError("A name is not empty.") }
    guard (2048...16384).contains(bits), bits.isMultiple(of: 8) else {
      throw ValidationError("--bits is 2048 … 16384, a multiple of 8.")
    }
  }

  func run() async throws {
    let (authority, password) = try complaining { () throws(IdentityFailure) in
      try IdentityFiles.refuseIdentity(at: path)
      let authority = try ca.map { ca throws(IdentityFailure) in
        try IdentityFiles.load(ca, Password(file: caPasswordFile))
      }
      return (authority, try Password(file: passwordFile, asks: askPassword).choose(for: path))
    }
    let (name, bits) = (name ?? path.split(separator: "/").last.map(String.init) ?? path, bits)
    let made = await KeyWork.run(tell: tell, "making an RSA key of \(bits) bits…") {
      Result { () throws(SecurityError) in try Identity.generate(name: name, bits: bits, authority: authority) }
    }
    let identity = try complaining { () throws(IdentityFailure) in
      let identity: Identity
      do throws(SecurityError) { identity = try made.get() } catch {
        throw IdentityFailure(description: "No identity could be made: \(error)")
      }
      try IdentityFiles.save(identity, to: path, password: password)
      return identity
    }
    let files = [path + ".pem", path + ".crt"]
    var report = IdentityReport(identity.certificate)
    report.files = files
    if json || !quiet { try report.print(asJSON: json) }
  }

  private var tell: @Sendable (String) -> Void {
    let quiet = quiet
    return { if !quiet { Descriptor.standardError.write("dht: \($0)\n".utf8) } }
  }
}

/// `dht identity show PATH|FILE`
struct IdentityShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show whose identity, certificate or public key a file holds.",
    discussion: "Nothing is verified but the signatures along the chain. The private key is not needed.")

  @Argument(help: "An identity, without its ending, or a file of a certificate or a public key.") var path: String
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let report = try complaining { () throws(IdentityFailure) in try IdentityReport.read(path) }
    try report.print(asJSON: json)
  }
}
