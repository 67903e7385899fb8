internal import SwiftASN1

/// A subject or issuer, kept as the bytes that were written: names are equal when those are. (crypto.md §2.1, §2.5)
public struct CertificateName: Hashable, Sendable {
  /// The DER of the name.
  public let derRepresentation: [UInt8]

  /// A name with a common name, then a user id; an empty one is left out.
  public init(commonName: String, userID: String = "") {
    derRepresentation = DERWriter.bytes { writer in
      writer.sequence {
        Self.write(.commonName, commonName, to: &$0)
        Self.write(.userID, userID, to: &$0)
      }
    }
  }

  init(_ node: DERNode) throws(SecurityError) {
    _ = try node.children()
    derRepresentation = node.encoded
  }

  /// The first common name; empty if there is none.
  public var commonName: String { first(.commonName) }
  /// The first user id: of the network's certificates, the key's id in hex. Empty if there is none.
  public var userID: String { first(.userID) }

  private func first(_ type: ObjectIdentifier) -> String {
    guard let sets = try? DERNode(derRepresentation).children() else { return "" }
    for set in sets {
      guard let attributes = try? set.children(of: .set) else { continue }
      for attribute in attributes {
        guard var fields = try? attribute.children(), (try? fields.objectIdentifier()) == type,
          let node = try? fields.next(), let content = try? node.content()
        else { continue }
        return Self.text(content, node.identifier)
      }
    }
    return ""
  }

  private static func text(_ content: [UInt8], _ identifier: ASN1Identifier) -> String {
    guard identifier == .bmpString else { return String(decoding: content, as: UTF8.self) }
    let units = stride(from: 0, to: content.count - 1, by: 2).map { UInt16(content[$0]) << 8 | UInt16(content[$0 + 1]) }
    return String(decoding: units, as: UTF16.self)
  }

  private static func write(_ type: ObjectIdentifier, _ text: String, to writer: inout DERWriter) {
    guard !text.isEmpty else { return }
    writer.constructed(.set) {
      $0.sequence {
        $0.objectIdentifier(type)
        $0.text(text)
      }
    }
  }
}

extension CertificateName: CustomStringConvertible {
  /// The common name, or else the user id.
  public var description: String { commonName.isEmpty ? userID : commonName }
}

extension DERWriter {
  /// PrintableString where its letters suffice, else UTF8String. (crypto.md §2.1)
  mutating func text(_ text: String) {
    let isPrintable = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: " ()+,-./:=?".utf8.contains(byte)
      }
    }
    primitive(isPrintable ? .printableString : .utf8String, Array(text.utf8))
  }
}
