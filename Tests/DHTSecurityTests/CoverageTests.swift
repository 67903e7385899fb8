import Foundation
import Testing

/// Which tests read which part of the vectors: a part that peers add must get a test.
struct CoverageTests {
  @Test("C-9.1: every part of the vectors has its test")
  func parts() throws {
    let json = try JSONSerialization.jsonObject(with: Data(Vectors.file("crypto.json")))
    let parts = try Set(#require(json as? [String: Any]).keys)
    let read: Set = [
      "keys", "private_key_forms", "hash", "signatures", "rsa_encryption", "rsa_decryption_crafted", "aes_key",
      "aes_legacy", "aes_password", "stretch_key", "certificates", "certificate_import_failures", "csr", "crl", "trust",
      "ocsp", "signed_values", "signed_values_crafted", "encrypted_values", "encrypted_values_crafted",
      "certificate_store_policy", "web_push",
    ]
    // A description, and the note on the folder of identities, which IdentityTests loads.
    #expect(parts.subtracting(["about", "identity_files"]) == read)
  }

  @Test("C-9.1: every file of the vectors is read by a test, or named by a row that is")
  func files() throws {
    let root = try #require(Bundle.module.resourceURL).appendingPathComponent("Vectors")
    let certificates = Set(Vectors.all.certificates.map(\.file) + Vectors.all.certificateImportFailures.map(\.file))
    let keys = Set(
      Vectors.all.keys.flatMap { [$0.privatePemFile, $0.publicPemFile, "keys/\($0.name).pub.der"] }
        + Vectors.all.privateKeyForms.map(\.file) + Vectors.all.webPush.map(\.receiverPrivateFile))
    for (folder, named) in [
      ("certs", certificates), ("keys", keys), ("csr", Set(Vectors.all.csr.map(\.file))),
      ("crl", Set(Vectors.all.crl.map(\.file))),
    ] {
      let files = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      #expect(Set(files.map { "\(folder)/\($0)" }) == named)
    }
  }
}
