import Foundation
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct IdentityTests {
  private let folder = NSTemporaryDirectory() + "dht-identities-\(UInt64.random(in: 0 ... .max))"

  /// A folder for the test, gone afterwards.
  private func inFolder(_ work: (String) throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try work(folder + "/id")
  }

  @Test("T-17: four files, the keys for their owner alone, read back plain and encrypted", arguments: [nil, "secret"])
  func files(password: String?) throws {
    try inFolder { path in
      let authority = try Identity.generateAuthority(name: "DHT Node CA")
      let identity = try Identity.generate(name: "DHT Node", bits: 2048, authority: authority)
      try IdentityFiles.save(identity, authority: authority, to: path, password: password)
      for (name, mode) in [(".crt", 0o644), (".pem", 0o600), ("_ca.crt", 0o644), ("_ca.pem", 0o600)] {
        let attributes = try FileManager.default.attributesOfItem(atPath: path + name)
        #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
      }
      let loaded = try IdentityFiles.load(path, Password(word: password))
      #expect(loaded.id == identity.id && loaded.certificate.chain.count == 2)
      #expect(try IdentityFiles.load(path + "_ca", Password(word: password)).id == authority.id)
    }
  }

  @Test("T-17: a wrong password, and files that are none, end with 77 and one line") func refused() throws {
    try inFolder { path in
      try IdentityFiles.save(TestIdentity.alice, to: path, password: "right")
      try IdentityFiles.save(TestIdentity.bob, to: path + "2", password: nil)
      try "nothing".write(toFile: path + "3.pem", atomically: true, encoding: .utf8)
      let cases: [(String, String, String?, String)] = [
        (path + ".crt", path + ".pem", "wrong", "wrong password, or a damaged file"),
        (path + ".crt", path + "2.pem", nil, "certificate and private key do not belong together"),
        (path + ".crt", path + "3.pem", nil, "not understood: privateKey"),
        (path + "3.pem", path + ".pem", nil, "not understood: certificate"),
        (path + ".crt", path + "4.pem", nil, "No such file or directory"),
        (path + "4.crt", path + ".pem", nil, "No such file or directory"),
      ]
      for (certificate, key, password, reason) in cases {
        let error = #expect(throws: IdentityFailure.self) {
          try IdentityFiles.load(certificate: certificate, privateKey: key, Password(word: password))
        }
        #expect(error?.status == .keyOrPassword && error?.description.hasSuffix(reason) == true, "\(error as Any)")
        #expect(error?.description.hasPrefix("Error loading ") == true && error?.description.contains("\n") == false)
      }
    }
  }

  @Test("T-17: a private key is not written over") func notOver() throws {
    try inFolder { path in
      try IdentityFiles.save(TestIdentity.alice, to: path, password: nil)
      let error = #expect(throws: IdentityFailure.self) {
        try IdentityFiles.save(TestIdentity.bob, to: path, password: nil)
      }
      #expect(error?.status == .cannotWrite)
      #expect(try IdentityFiles.load(path, Password()).id == TestIdentity.alice.id)
    }
  }

  @Test("a password is the first line of its file") func passwordFile() throws {
    try inFolder { path in
      try "word with spaces\r\nmore\n".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(try Password(file: path).choose(for: "key") == "word with spaces")
      try "\n".write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: IdentityFailure.self) { try Password(file: path).choose(for: "key") }
      #expect(throws: IdentityFailure.self) { try Password(file: path + "x").choose(for: "key") }
    }
  }

  @Test("T-9: a recipient is an id, a long id, or a file of a certificate or a public key") func recipients() throws {
    let alice = TestIdentity.alice
    #expect(try RecipientArgument.read("\(alice.id)") == .id(alice.id))
    #expect(try RecipientArgument.read("\(alice.longID)".uppercased()) == .longID(alice.longID))
    try inFolder { path in
      try IdentityFiles.save(alice, to: path, password: nil)
      try alice.privateKey.publicKey.pemRepresentation.write(toFile: path + ".pub", atomically: true, encoding: .utf8)
      for name in [path, path + ".crt", path + ".pub"] {
        #expect(try RecipientArgument.read(name) == .key(alice.privateKey.publicKey))
        #expect(try IdentityReport.read(name).lines.contains("Long id   \(alice.longID)"))
      }
      for name in [path + ".pem", path + "x", String(repeating: "0", count: 40)] {
        #expect(throws: IdentityFailure.self) { try RecipientArgument.read(name) }
      }
    }
  }
}
