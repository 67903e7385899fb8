import DHTModel
import MessagePack

/// Nodes of one family back to back: id, address, port in network order. (wire.md §4.1)
enum CompactNodes {
  /// 26 or 38 bytes.
  static func byteCount(of family: AddressFamily) -> Int { InfoHash.byteCount + family.byteCount + 2 }

  /// Reads a list; nil when its length is no multiple of a node's.
  static func read(_ reader: inout MessagePackReader, family: AddressFamily) throws(MessagePackError) -> [NodeContact]?
  {
    guard try reader.peekKind() == .array else {
      return nodes(in: reader.bytes, range: try reader.readStringOrBinary(), family: family)
    }
    let blob = try reader.readBlob()
    return nodes(in: blob.span.bytes, range: 0..<blob.count, family: family)
  }

  private static func nodes(in bytes: RawSpan, range: Range<Int>, family: AddressFamily) -> [NodeContact]? {
    let size = byteCount(of: family)
    guard range.count.isMultiple(of: size) else { return nil }
    var nodes: [NodeContact] = []
    nodes.reserveCapacity(range.count / size)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
      let end = start + size - 2
      guard let ip = IPAddress(reading: bytes, in: start + InfoHash.byteCount..<end) else { return nil }
      let port = UInt16(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: end, as: UInt16.self))
      nodes.append(NodeContact(id: InfoHash(reading: bytes, at: start), address: SocketAddress(ip: ip, port: port)))
    }
    return nodes
  }

  /// Writes those nodes of a list that have an address of the family.
  static func write(_ nodes: [NodeContact], family: AddressFamily, to writer: inout MessagePackWriter) {
    var count = 0
    for node in nodes where node.address.family == family { count += 1 }
    writer.writeBinaryHeader(count * byteCount(of: family))
    for node in nodes where node.address.family == family {
      writer.append(node.id)
      writer.append(node.address.ip)
      writer.append(node.address.port)
    }
  }
}
