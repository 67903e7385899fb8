public import DHTModel
internal import MessagePack

/// Bounds on certificates, which come from strangers.
enum CertificateLimits {
  /// Bytes to look at. A value has at most 64 KiB; a file may hold a little more around its blocks.
  static let inputByteCount = 1 << 17
  /// Certificates of a chain; peers accepted 21. (crypto.md §2.2)
  static let chainLength = 64
}

extension Certificate {
  /// Reads a chain of PEM blocks, leaf first, each issued by the next, or one DER. Bytes around the blocks are skipped.
  /// - Throws: `SecurityError.malformed(.certificate)`; `SecurityError.malformed(.chain)` for certificates out of order.
  public init(decoding bytes: [UInt8]) throws(SecurityError) {
    guard bytes.count <= CertificateLimits.inputByteCount else { throw .malformed(.certificate) }
    let blocks = PEMBlock.all(in: bytes).filter { $0.label.hasSuffix("CERTIFICATE") }.map(\.bytes)
    guard blocks.count <= CertificateLimits.chainLength else { throw .malformed(.chain) }
    try self.init(chain: blocks.isEmpty ? [bytes] : blocks)
  }

  /// Reads a chain from a PEM text.
  public init(pemRepresentation: String) throws(SecurityError) {
    try self.init(decoding: Array(pemRepresentation.utf8))
  }

  init(chain: [[UInt8]]) throws(SecurityError) {
    var issuer: Certificate?
    for der in chain.reversed() {
      let fields: CertificateFields
      do throws(SecurityError) { fields = try CertificateFields(der) } catch { throw .malformed(.certificate) }
      if let issuer, issuer.subject != fields.issuer { throw .malformed(.chain) }
      issuer = Certificate(fields: fields, issuer: issuer)
    }
    guard let leaf = issuer else { throw .malformed(.certificate) }
    self = leaf
  }

  /// This certificate alone, as DER.
  public var derRepresentation: [UInt8] { fields.structure.derRepresentation }

  /// The whole chain as PEM text, leaf first.
  public var pemRepresentation: String {
    chain.map { PEMBlock(label: "CERTIFICATE", bytes: $0.derRepresentation).text }.joined()
  }
}

extension Certificate {
  /// Number of the type of values that hold certificates. (wire.md, type 8)
  public static let valueType: UInt16 = 8
  /// Id of such a value.
  public static let valueID: Value.ID = 1

  /// The value that publishes the chain: put it under both keys of `publicKey.certificateKeys`, so that old and new peers
  /// find it. (crypto.md §5.4)
  public var value: Value {
    let pem = Array(pemRepresentation.utf8)
    let data = MessagePackWriter.bytes(reserving: pem.count + 5) { $0.writeBinary(pem) }
    return Value(data, type: Self.valueType, id: Self.valueID)
  }

  /// Reads the data of such a value: PEM or DER, bare or in a MessagePack binary. (crypto.md §5.4)
  /// - Throws: as `init(decoding:)`.
  public init(valueData data: [UInt8]) throws(SecurityError) {
    var reader = MessagePackReader(data.span.bytes)
    if let range = try? reader.readBinary(), reader.isAtEnd {
      try self.init(decoding: Array(data[range]))
    } else {
      try self.init(decoding: data)
    }
  }

  /// Whether a storing node keeps this certificate under a key: one of the two of its own public key.
  public func belongs(at key: InfoHash) -> Bool { publicKey.certificateKeys.contains(key) }
}
