internal import SwiftASN1

/// Another name of a certificate's subject.
public enum AlternativeName: Hashable, Sendable {
  /// An address of RFC 822.
  case email(String)
  /// A host.
  case dns(String)
  /// A resource.
  case uri(String)
  /// Bytes of an address: 4 or 16; peers have also written its text here.
  case ip([UInt8])
  /// Any other kind, as DER.
  case other([UInt8])
}

extension AlternativeName {
  static func readAll(_ der: [UInt8]) throws(SecurityError) -> [AlternativeName] {
    var names: [AlternativeName] = []
    for node in try DERNode(der).children() { names.append(try AlternativeName(node)) }
    return names
  }

  private init(_ node: DERNode) throws(SecurityError) {
    switch node.identifier {
    case .context(1): self = .email(String(decoding: try node.content(), as: UTF8.self))
    case .context(2): self = .dns(String(decoding: try node.content(), as: UTF8.self))
    case .context(6): self = .uri(String(decoding: try node.content(), as: UTF8.self))
    case .context(7): self = .ip(try node.content())
    default: self = .other(node.encoded)
    }
  }

  func write(to writer: inout DERWriter) {
    switch self {
    case .email(let text): writer.primitive(.context(1), Array(text.utf8))
    case .dns(let text): writer.primitive(.context(2), Array(text.utf8))
    case .uri(let text): writer.primitive(.context(6), Array(text.utf8))
    case .ip(let bytes): writer.primitive(.context(7), bytes)
    case .other(let der): writer.raw(der)
    }
  }
}
