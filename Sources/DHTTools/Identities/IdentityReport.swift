import DHTJSON
import DHTText
import ArgumentParser
import OpenDHT

/// What is told of an identity: who, which key, certified by whom.
struct IdentityReport {
  private var key: PublicKey
  private var certificate: Certificate?
  /// Files that were written.
  var files: [String] = []

  init(_ certificate: Certificate) {
    self.certificate = certificate
    key = certificate.publicKey
  }

  /// Reads a file of a certificate or a public key.
  static func read(_ path: String) throws(IdentityFailure) -> IdentityReport {
    let bytes = try IdentityFiles.contents(of: IdentityFiles.place(path), "certificate")
    if let certificate = try? Certificate(decoding: bytes) { return IdentityReport(certificate) }
    return IdentityReport(key: try RecipientArgument.publicKey(path))
  }

  private init(key: PublicKey) { self.key = key }

  /// On standard output.
  func print(asJSON: Bool) throws {
    let text = asJSON ? JSON.object(members).description : lines.joined(separator: "\n")
    guard Descriptor.standardOutput.write((text + "\n").utf8) else { throw ExitCode(ExitStatus.cannotWrite.rawValue) }
  }

  var lines: [String] {
    var lines: [String] = []
    if let certificate { lines.append("Name      \(terminalSafe(certificate.subjectName))") }
    lines += [
      "Id        \(key.id)", "Long id   \(key.longID)", "Node id   \(key.nodeID)",
      "Key       \(key.kind.name), \(key.kind.bits) bits",
    ]
    if let certificate {
      lines += [
        "Valid     \(localTimeText(certificate.notBefore)) … \(localTimeText(certificate.notAfter))",
        "Authority \(certificate.isCA ? "yes" : "no")",
      ]
      for (index, issuer) in certificate.chain.dropFirst().enumerated() {
        let good = certificate.chain[index].isSigned(by: issuer.publicKey) ? "" : ", WHO DID NOT SIGN IT"
        lines.append("Issuer    \(terminalSafe(issuer.subjectName)) \(issuer.id)\(good)")
      }
    }
    return lines + files.map { "Written   \(terminalSafe($0))" }
  }

  var members: [(String, JSON)] {
    var members = JSON.members(of: key)
    if let certificate {
      members.insert(("name", .string(certificate.subjectName)), at: 0)
      members += [
        ("notBefore", .integer(Int(certificate.notBefore.seconds))),
        ("notAfter", .integer(Int(certificate.notAfter.seconds))), ("isAuthority", .bool(certificate.isCA)),
        ("issuers", .array(issuers(of: certificate))),
      ]
    }
    if !files.isEmpty { members.append(("files", .array(files.map { .string($0) }))) }
    return members
  }

  private func issuers(of certificate: Certificate) -> [JSON] {
    zip(certificate.chain, certificate.chain.dropFirst()).map { below, issuer in
      .object([
        ("name", .string(issuer.subjectName)), ("id", .string("\(issuer.id)")),
        ("signed", .bool(below.isSigned(by: issuer.publicKey))),
      ])
    }
  }
}
