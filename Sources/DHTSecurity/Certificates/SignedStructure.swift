internal import SwiftASN1

/// The frame of certificates, requests and lists: what is signed, how, and the signature.
struct SignedStructure: Hashable, Sendable {
  /// What the signature covers, as DER.
  let content: [UInt8]
  /// Nil for one that we do not know: then no signature verifies.
  let algorithm: SignatureAlgorithm?
  let signature: [UInt8]
  let derRepresentation: [UInt8]

  init(_ der: [UInt8]) throws(SecurityError) {
    try self.init(DERNode(der))
  }

  init(_ node: DERNode) throws(SecurityError) {
    var fields = try node.children()
    content = try fields.next(.sequence).encoded
    var identifier = try fields.sequence()
    algorithm = SignatureAlgorithm(try identifier.objectIdentifier())
    signature = try fields.bitStringBytes()
    derRepresentation = node.encoded
  }

  /// Signs a structure, which writes the AlgorithmIdentifier inside itself.
  init(
    signedBy key: PrivateKey, digest: SignatureAlgorithm.Digest,
    _ write: (inout DERWriter, SignatureAlgorithm) -> Void
  ) throws(SecurityError) {
    guard let scheme = key.kind.scheme else { throw .unsupportedKey }
    let algorithm = SignatureAlgorithm(scheme, digest)
    let content = DERWriter.bytes { writer in
      writer.sequence { write(&$0, algorithm) }
    }
    let signature = try key.sign(content, digest: digest)
    self.content = content
    self.algorithm = algorithm
    self.signature = signature
    derRepresentation = DERWriter.bytes {
      $0.sequence {
        $0.raw(content)
        algorithm.write(to: &$0)
        $0.bitString(signature)
      }
    }
  }

  func isSigned(by key: PublicKey) -> Bool {
    algorithm.map { key.isValid(signature: signature, for: content, algorithm: $0) } ?? false
  }
}
