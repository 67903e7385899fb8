public import DHTModel
import MessagePack

/// Nodes that one run leaves to the next, or to another node: `[{ "id": bin(20), "addr": bin }, …]`. (wire.md §10.1)
public struct ExportedNodes: Hashable, Sendable {
  /// The nodes in the order of the export.
  public var nodes: [NodeContact]

  /// An export of these nodes.
  public init(_ nodes: [NodeContact]) { self.nodes = nodes }

  /// Reads an export. An entry without id or Linux socket address is left out.
  /// - Throws: `WireError.malformed` when it is no list of maps.
  public init(decoding bytes: RawSpan) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    do throws(MessagePackError) { self = try ExportedNodes(reading: &reader) } catch { throw .malformed(error) }
  }

  /// The export as bytes.
  public func encoded() -> [UInt8] {
    MessagePackWriter.bytes(reserving: 8 + nodes.count * 64) { write(to: &$0) }
  }
}

extension ExportedNodes {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    self.init([])
    for _ in 0..<(try reader.readArrayHeader()) {
      var ahead = reader
      try reader.skip()
      if let node = try? NodeContact(reading: &ahead) { nodes.append(node) }
    }
  }

  func write(to writer: inout MessagePackWriter) {
    writer.writeArrayHeader(nodes.count)
    for node in nodes {
      let map = writer.openMap()
      writer.write(.id, node.id)
      writer.writeKey(.address)
      writer.writeBinary(node.address.linuxBytes)
      writer.closeMap(map)
    }
  }
}

extension NodeContact {
  fileprivate init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    var id: NodeID?
    var address: SocketAddress?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .id where id == nil: id = try reader.readHash()
      case .address where address == nil: address = SocketAddress(linuxBytes: try reader.readBlob())
      default: try reader.skip()
      }
    }
    guard let id, let address else { throw .unexpectedType(offset: start) }
    self.init(id: id, address: address)
  }
}
