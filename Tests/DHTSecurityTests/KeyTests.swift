import DHTModel
import Testing

@testable import DHTSecurity

struct KeyTests {
  @Test("C§1.2: ids, certificate keys and node id of every key", arguments: Vectors.all.keys)
  func ids(_ vector: Vectors.Key) throws {
    let key = try PublicKey(decoding: vector.spkiDer.bytes)
    #expect(key.derRepresentation == vector.spkiDer.bytes)
    #expect(key.id.bytes == vector.id.bytes)
    #expect(key.longID.bytes == vector.longId.bytes)
    #expect(key.certificateKeys.map(\.bytes) == [vector.certificateKeyLong.bytes, vector.certificateKeyShort.bytes])
    #expect(key.nodeID.bytes == vector.nodeId.bytes)
  }

  @Test("C§1.3: a public key is read as PEM, with or without a zero behind it, and as DER", arguments: Vectors.all.keys)
  func publicForms(_ vector: Vectors.Key) throws {
    let key = try PublicKey(decoding: vector.spkiDer.bytes)
    #expect(try PublicKey(decoding: vector.publicString.bytes) == key)
    #expect(try PublicKey(decoding: Vectors.file(vector.publicPemFile)) == key)
    #expect(try PublicKey(pemRepresentation: key.pemRepresentation) == key)
    let written = Array(vector.publicString.bytes.filter { $0 != 0 && $0 != 0x0a })
    #expect(key.pemRepresentation.utf8.filter { $0 != 0x0a } == written)
  }

  @Test("C§1.4: every private key of peers is read, and written so that it is read again", arguments: Vectors.all.keys)
  func privateKeys(_ vector: Vectors.Key) throws {
    let key = try PrivateKey(decoding: Vectors.file(vector.privatePemFile))
    #expect(key.publicKey.id.bytes == vector.id.bytes)
    #expect(try PrivateKey(pemRepresentation: key.pemRepresentation()).publicKey == key.publicKey)
    #expect(try PrivateKey(decoding: key.derRepresentation(), password: "needless").publicKey == key.publicKey)
    // Byte for byte as peers write it, but for the zero that they put before half of the EC scalars.
    if !vector.name.contains("_pad_"), case .rsa = key.kind {
      #expect(try Array(key.pemRepresentation().utf8) == Vectors.file(vector.privatePemFile))
    }
  }

  @Test("C§1.4, C-9.6: EC scalars with a leading zero are read", arguments: ["ec384_pad_v2", "ec384_pad_v4"])
  func paddedScalar(_ name: String) throws {
    #expect(try Vectors.privateKey(name).publicKey == Vectors.publicKey(name))
  }

  @Test("C§1.4: every form of private key, with its password", arguments: Vectors.all.privateKeyForms)
  func forms(_ form: Vectors.KeyForm) throws {
    let bytes = Vectors.file(form.file)
    let expected = try Vectors.publicKey(form.key)
    let password = form.password.isEmpty ? nil : form.password
    #expect(try PrivateKey(decoding: bytes, password: password).publicKey == expected)
    guard password != nil else {
      #expect(try PrivateKey(decoding: bytes, password: "needless").publicKey == expected)
      return
    }
    #expect(throws: SecurityError.decryption) { try PrivateKey(decoding: bytes) }
    #expect(throws: SecurityError.decryption) { try PrivateKey(decoding: bytes, password: "wrong") }
  }

  @Test("C§1.4: PKCS#1 and SEC 1 are read as DER, too", arguments: ["RSA PRIVATE KEY", "EC PRIVATE KEY"])
  func bareForms(_ label: String) throws {
    let blocks = Vectors.all.privateKeyForms.filter { $0.password.isEmpty }.compactMap { form in
      PEMBlock.all(in: Vectors.file(form.file)).first { $0.label == label }.map { (form, $0) }
    }
    #expect(!blocks.isEmpty)
    for (form, block) in blocks {
      #expect(try PrivateKey(decoding: block.bytes).publicKey == Vectors.publicKey(form.key))
    }
  }

  @Test("C§1.4: what other tools encrypt with AES and triple DES is read", arguments: EncryptedForm.all)
  func otherForms(_ form: EncryptedForm) throws {
    let key = try PrivateKey(pemRepresentation: form.pem, password: "secret")
    #expect(key.kind == .ec(.p256))
    #expect(key.publicKey.id == (try Vectors.publicKey("ec256_v4").id))
    #expect(throws: SecurityError.decryption) { try PrivateKey(pemRepresentation: form.pem, password: "Secret") }
  }

  @Test("C§1.4: a key written with a password opens with it alone")
  func ownEncryption() throws {
    let key = try PrivateKey.generateEC()
    let pem = try key.pemRepresentation(password: "päss")
    #expect(pem.hasPrefix("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"))
    #expect(try PrivateKey(pemRepresentation: pem, password: "päss").publicKey == key.publicKey)
    #expect(throws: SecurityError.decryption) { try PrivateKey(pemRepresentation: pem, password: "pass") }
    let der = try key.derRepresentation(password: "x")
    #expect(try PrivateKey(decoding: der, password: "x").publicKey == key.publicKey)
  }

  @Test("C§1.1: generated keys are of the kind that was asked for")
  func generation() throws {
    let rsa = try PrivateKey.generateRSA(bits: 2048)
    #expect(rsa.kind == .rsa(bits: 2048))
    #expect(rsa.kind.signsValues && rsa.kind.receivesValues)
    for curve in Curve.allCases { #expect(try PrivateKey.generateEC(curve: curve).kind == .ec(curve)) }
    for bits in [0, 1024, 2047, 2049, 16_392, 2056, 8200, 16_384, Int.max, -1] {
      #expect(throws: SecurityError.keySize(bits)) { try PrivateKey.generateRSA(bits: bits) }
    }
  }

  @Test("C§1.3: what is no key, or too large, is refused and never read further")
  func refused() throws {
    let der = try Vectors.publicKey("rsa2048_a_v4").derRepresentation
    var wide = der
    wide.append(0)
    let huge = [UInt8](repeating: 0x30, count: 1 << 20)
    for bytes in [[], [0], [0x30, 0x80], Array(der.dropLast()), wide, huge, Array("-----BEGIN PUBLIC KEY-----".utf8)] {
      #expect(throws: SecurityError.malformed(.publicKey)) { try PublicKey(decoding: bytes) }
      #expect(throws: SecurityError.malformed(.privateKey)) { try PrivateKey(decoding: bytes, password: "x") }
    }
  }

  @Test("C§1.3: damaged keys are read as some key or refused, and never stop us")
  func damaged() throws {
    var random = SystemRandomNumberGenerator()
    for name in ["rsa2048_a_v4", "ec384_a_v4", "rsa2048oaep_v4", "ec256_v4"] {
      let der = try Vectors.publicKey(name).derRepresentation
      for _ in 0..<300 {
        var bytes = der
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        guard let key = try? PublicKey(decoding: bytes) else { continue }
        #expect(try PublicKey(decoding: key.derRepresentation) == key)
      }
      let key = try Vectors.privateKey(name).derRepresentation()
      for _ in 0..<100 {
        var bytes = key
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1
        _ = try? PrivateKey(decoding: bytes)
      }
    }
  }
}
