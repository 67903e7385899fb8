import DHTModel
import Foundation
import Testing

@testable import DHTSecurity

struct IdentityTests {
  @Test("C§6.3: identities that a 2.4.12 node saved are loaded, plain and encrypted")
  func theirs() throws {
    let folder = try Folder()
    for file in ["id.pem", "id.crt", "id_ca.pem", "id_ca.crt", "idpw.pem", "idpw.crt", "idpw_ca.pem", "idpw_ca.crt"] {
      try Data(Vectors.file("identity/\(file)")).write(to: folder.url(file))
    }
    let identity = try Identity.load(path: folder.path("id"))
    #expect(identity.certificate.chain.count == 2 && identity.certificate.subjectName == "DHT Node")
    #expect(try Identity.load(path: folder.path("id_ca")).certificate.isCA)
    #expect(try Identity.load(path: folder.path("id"), password: "needless").id == identity.id)
    #expect(throws: SecurityError.decryption) { try Identity.load(path: folder.path("idpw")) }
    #expect(throws: SecurityError.decryption) { try Identity.load(path: folder.path("idpw"), password: "wrong") }
    let encrypted = try Identity.load(path: folder.path("idpw"), password: "secret")
    #expect(encrypted.certificate.chain.count == 2)
    #expect(throws: SecurityError.keyMismatch) {
      try Identity.load(certificate: folder.path("id.crt"), privateKey: folder.path("id_ca.pem"))
    }
  }

  @Test("C§6.3, C-9.6: ours are saved with the whole chain, the key for its owner alone")
  func saving() throws {
    let folder = try Folder()
    let root = try Identity.generateAuthority(name: "Root")
    let account = try Identity.generateAuthority(name: "Account", authority: root)
    let device = try Identity.generate(name: "Device", bits: 2048, authority: account)
    #expect(device.certificate.chain.map(\.subjectName) == ["Device", "Account", "Root"])
    #expect(!device.certificate.isCA && account.certificate.isCA)
    let old = umask(0)
    defer { umask(old) }
    for password in [nil, "", "pässword"] as [String?] {
      try device.save(to: folder.path("device"), password: password, overwrite: true)
      let loaded = try Identity.load(path: folder.path("device"), password: password)
      #expect(loaded.certificate == device.certificate && loaded.id == device.id && loaded.nodeID == device.nodeID)
    }
    #expect(try folder.mode("device.pem") == 0o600 && folder.mode("device.crt") == 0o644)
    // Nothing is left beside them.
    #expect(try folder.files() == ["device.crt", "device.pem"])
  }

  @Test("C-9.6: a wide open file of old is replaced by one for the owner alone")
  func replacing() throws {
    let folder = try Folder()
    try Data([1]).write(to: folder.url("x.pem"))
    chmod(folder.path("x.pem"), 0o666)
    try SecureFile.write([SecureFile.Content(bytes: [2], path: folder.path("x.pem"), mode: 0o600)])
    #expect(try folder.mode("x.pem") == 0o600 && SecureFile.read(folder.path("x.pem"), limit: 10) == [2])
  }

  @Test("C-9.6: a key is not lost to another one unless that is asked for, nor to a certificate that cannot be written")
  func keepingKeys() throws {
    let folder = try Folder(), path = folder.path("x")
    let old = try Identity.generateAuthority(name: "old"), new = try Identity.generateAuthority(name: "new")
    try old.save(to: path)
    try old.save(to: path)
    #expect(throws: SecurityError.file(path: path + ".pem", code: EEXIST)) { try new.save(to: path) }
    #expect(try Identity.load(path: path).id == old.id)
    // Nothing can be written beside a certificate with so long a name.
    let long = folder.path(String(repeating: "n", count: 240))
    #expect(throws: SecurityError.self) { try new.save(to: long) }
    #expect(try folder.files() == ["x.crt", "x.pem"])
    try new.save(to: path, overwrite: true)
    #expect(try Identity.load(path: path).id == new.id)
    try Data([1]).write(to: folder.url("y.pem"))
    #expect(throws: SecurityError.file(path: folder.path("y.pem"), code: EEXIST)) { try new.save(to: folder.path("y")) }
    // The second of two contents fails: the first is not moved to its place.
    let good = SecureFile.Content(bytes: [1], path: folder.path("good"), mode: 0o600)
    let bad = SecureFile.Content(bytes: [1], path: folder.path("no/such/folder"), mode: 0o600)
    #expect(throws: SecurityError.file(path: bad.path, code: ENOENT)) { try SecureFile.write([good, bad]) }
    #expect(try folder.files() == ["x.crt", "x.pem", "y.pem"])
  }

  @Test("C§6.3: what cannot be read or written is told, with the file's name")
  func failures() throws {
    let folder = try Folder()
    let missing = folder.path("none")
    #expect(throws: SecurityError.file(path: missing + ".pem", code: ENOENT)) { try Identity.load(path: missing) }
    let identity = try Identity.generateAuthority(name: "x")
    let nowhere = folder.path("no/such/folder")
    #expect(throws: SecurityError.file(path: nowhere + ".crt", code: ENOENT)) { try identity.save(to: nowhere) }
    try Data(count: 300_000).write(to: folder.url("big.pem"))
    #expect(throws: SecurityError.malformed(.privateKey)) { try Identity.load(path: folder.path("big")) }
  }

  @Test("C§2.1: with no authority an identity is one, and a leaf is none")
  func generation() throws {
    let alone = try Identity.generate(bits: 2048)
    #expect(alone.certificate.isCA && alone.certificate.subjectName == "dhtnode")
    #expect(alone.certificate.userID == alone.id.description)
    #expect(alone.nodeID == InfoHash(hashing: "node:\(alone.id)"))
    let leaf = try Identity.generate(name: "leaf", bits: 2048, authority: alone)
    #expect(throws: SecurityError.notAuthority) { try Identity.generate(name: "x", authority: leaf) }
    #expect(throws: SecurityError.emptyName) { try Identity.generate(name: "") }
    #expect(throws: SecurityError.keyMismatch) {
      try Identity(certificate: leaf.certificate, privateKey: alone.privateKey)
    }
    let value = try Value("hello").signed(by: leaf)
    #expect(value.hasValidSignature && value.ownerKey == leaf.certificate.publicKey)
  }
}

/// A folder that goes with the test.
private final class Folder {
  private let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.appendingPathComponent("identity-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appendingPathComponent(name) }
  func path(_ name: String) -> String { url(name).path }
  func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: root.path).sorted() }
  func mode(_ name: String) throws -> Int {
    try #require(FileManager.default.attributesOfItem(atPath: path(name))[.posixPermissions] as? Int)
  }
}
