internal import SwiftASN1

/// Writes DER.
struct DERWriter {
  private var serializer = DER.Serializer()

  /// What a closure writes.
  static func bytes(_ write: (inout DERWriter) -> Void) -> [UInt8] {
    var writer = DERWriter()
    write(&writer)
    return writer.serializer.serializedBytes
  }

  mutating func sequence(_ write: (inout DERWriter) -> Void) { constructed(.sequence, write) }

  mutating func constructed(_ identifier: ASN1Identifier, _ write: (inout DERWriter) -> Void) {
    let content = Self.bytes(write)
    serializer.appendConstructedNode(identifier: identifier) { $0.serializeRawBytes(content) }
  }

  mutating func primitive(_ identifier: ASN1Identifier, _ bytes: [UInt8]) {
    serializer.appendPrimitiveNode(identifier: identifier) { $0.append(contentsOf: bytes) }
  }

  /// Elements that are DER already.
  mutating func raw(_ bytes: [UInt8]) { serializer.serializeRawBytes(bytes) }

  mutating func null() { primitive(.null, []) }
  mutating func octets(_ bytes: [UInt8]) { primitive(.octetString, bytes) }
  mutating func bitString(_ bytes: [UInt8], unusedBits: UInt8 = 0) { primitive(.bitString, [unusedBits] + bytes) }
  mutating func objectIdentifier(_ identifier: ObjectIdentifier) { primitive(.objectIdentifier, identifier.content) }

  /// An integer that is not negative, from its bytes.
  mutating func unsignedInteger(_ bytes: [UInt8]) {
    let bytes = Array(bytes.drop { $0 == 0 })
    primitive(.integer, (bytes.first ?? 0x80) >= 0x80 ? [0] + bytes : bytes)
  }

  mutating func number(_ value: Int) {
    let word = UInt64(clamping: value)
    unsignedInteger((0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) })
  }

  /// `SEQUENCE { OID, NULL }`, or without the NULL.
  mutating func algorithm(_ identifier: ObjectIdentifier, null: Bool) {
    sequence {
      $0.objectIdentifier(identifier)
      if null { $0.null() }
    }
  }
}
