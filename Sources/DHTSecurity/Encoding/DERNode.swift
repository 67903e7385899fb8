internal import SwiftASN1

/// One element of a DER structure, kept as raw bytes: serial numbers and names are compared as they were written.
struct DERNode {
  private let node: ASN1Node

  /// The one element that some bytes hold; nothing may follow it.
  init(_ bytes: [UInt8]) throws(SecurityError) {
    do { node = try DER.parse(bytes) } catch { throw .malformed(.structure) }
  }

  fileprivate init(_ node: ASN1Node) { self.node = node }

  var identifier: ASN1Identifier { node.identifier }
  /// Identifier, length and content.
  var encoded: [UInt8] { Array(node.encodedBytes) }

  /// The content of an element that is not made of others.
  func content() throws(SecurityError) -> [UInt8] {
    guard case .primitive(let bytes) = node.content else { throw .malformed(.structure) }
    return Array(bytes)
  }

  /// The elements inside.
  func children(of identifier: ASN1Identifier = .sequence) throws(SecurityError) -> DERElements {
    guard node.identifier == identifier, case .constructed(let nodes) = node.content else {
      throw .malformed(.structure)
    }
    return DERElements(nodes.map(DERNode.init))
  }
}

/// The elements of a sequence or set, taken one by one.
struct DERElements {
  private var rest: ArraySlice<DERNode>

  init(_ nodes: [DERNode]) { rest = nodes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func next() throws(SecurityError) -> DERNode {
    guard let node = rest.popFirst() else { throw .malformed(.structure) }
    return node
  }

  mutating func next(_ identifier: ASN1Identifier) throws(SecurityError) -> DERNode {
    let node = try next()
    guard node.identifier == identifier else { throw .malformed(.structure) }
    return node
  }

  /// The next element if it has this identifier; else nothing is taken.
  mutating func next(if identifier: ASN1Identifier) -> DERNode? {
    guard rest.first?.identifier == identifier else { return nil }
    return rest.popFirst()
  }

  /// The elements of an optional element, such as `[0]`.
  mutating func children(if identifier: ASN1Identifier) throws(SecurityError) -> DERElements? {
    guard let node = next(if: identifier) else { return nil }
    return try node.children(of: identifier)
  }

  mutating func sequence() throws(SecurityError) -> DERElements { try next(.sequence).children() }
  mutating func octets() throws(SecurityError) -> [UInt8] { try next(.octetString).content() }
  mutating func objectIdentifier() throws(SecurityError) -> ObjectIdentifier {
    ObjectIdentifier(content: try next(.objectIdentifier).content())
  }

  /// The bytes of an integer that is not negative, without leading zeros.
  mutating func unsignedInteger() throws(SecurityError) -> [UInt8] {
    let bytes = try next(.integer).content()
    guard let first = bytes.first, first < 0x80 else { throw .malformed(.structure) }
    return Array(bytes.drop { $0 == 0 })
  }

  /// A small integer that is not negative.
  mutating func number() throws(SecurityError) -> Int {
    let bytes = try unsignedInteger()
    guard bytes.count <= 7 else { throw .malformed(.structure) }
    return bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  /// The bytes of a bit string whose count of bits is a multiple of 8.
  mutating func bitStringBytes() throws(SecurityError) -> [UInt8] {
    let bytes = try next(.bitString).content()
    guard bytes.first == 0 else { throw .malformed(.structure) }
    return Array(bytes.dropFirst())
  }
}

extension DERElements: Sequence {
  func makeIterator() -> ArraySlice<DERNode>.Iterator { rest.makeIterator() }
}

extension ASN1Identifier {
  static func context(_ number: UInt) -> ASN1Identifier {
    ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific)
  }
}
