import DHTModel
import MessagePack

// Results in the order of wire.md §3.

extension Reply {
  func write(sender: NodeID, to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.write(.id, sender)
    writer.write(.valueID, valueID)
    if let observed {
      writer.writeKey(.observed)
      writer.writeBinaryHeader(observed.family.byteCount)
      writer.append(observed)
    }
    if let nodes4 {
      writer.writeKey(.nodes4)
      CompactNodes.write(nodes4, family: .ipv4, to: &writer)
    }
    if let nodes6 {
      writer.writeKey(.nodes6)
      CompactNodes.write(nodes6, family: .ipv6, to: &writer)
    }
    writer.write(token)
    writer.write(values)
    // An empty list of fields must never leave: not every peer bears it. (wire.md §6.3)
    if let fields, !fields.fields.isEmpty {
      writer.writeKey(.fields)
      fields.write(to: &writer)
    }
    writer.closeMap(map)
  }
}

extension LegacyPush {
  func write(sender: NodeID, to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.write(.id, sender)
    writer.write(token)
    writer.write(.refreshed, ids: refreshed)
    writer.write(.expired, ids: expired)
    writer.closeMap(map)
  }
}

extension Failure {
  func write(to writer: inout MessagePackWriter) {
    writer.writeArrayHeader(2)
    writer.writeUInt64(UInt64(code))
    writer.writeString(text)
  }
}
