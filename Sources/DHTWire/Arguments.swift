import DHTModel
import MessagePack

/// The fields of `a`, `r` or `u`, whatever the message. Of a key given twice the last one counts. (wire.md §3.1)
struct Arguments: ~Copyable {
  var sender: NodeID = .zero
  var key: InfoHash = .zero
  var hasKey = false
  var target: InfoHash = .zero
  var want: Want = .unspecified
  var query: Query?
  var token: Token?
  var socket: SocketID = 0
  var version: Int64?
  var values = ValueList(isPresent: false)
  var fields: FieldList?
  var created: WallTime?
  var valueID: Value.ID?
  var refreshed: [Value.ID]?
  var expired: [Value.ID]?
  var nodes4: [NodeContact]?
  var nodes6: [NodeContact]?
  /// A node list whose length is no multiple of a node's: it spoils a reply, and is ignored in a request. (§4.1, §13)
  var hasBrokenNodes = false
  var observed: IPAddress?

  /// Reads a map of fields.
  mutating func read(_ reader: inout MessagePackReader) throws(MessagePackError) {
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .id: sender = try reader.readHash()
      case .key:
        key = try reader.readHash()
        hasKey = true
      case .target: target = try reader.readHash()
      case .want: want = try reader.readWant()
      case .query: query = try Query(reading: &reader)
      case .token: token = try reader.readToken()
      case .socket: socket = try reader.readTransaction()
      case .version: version = try reader.readInt64()
      case .values: values = try ValueList(reading: &reader)
      case .fields: fields = try FieldList(reading: &reader)
      case .created: created = WallTime(seconds: try reader.readInt64())
      case .valueID: valueID = try reader.readUInt64()
      case .refreshed: refreshed = try reader.readValueIDs()
      case .expired: expired = try reader.readValueIDs()
      case .nodes4:
        nodes4 = try CompactNodes.read(&reader, family: .ipv4)
        if nodes4 == nil { hasBrokenNodes = true }
      case .nodes6:
        nodes6 = try CompactNodes.read(&reader, family: .ipv6)
        if nodes6 == nil { hasBrokenNodes = true }
      case .observed: observed = try reader.readObservedAddress()
      default: try reader.skip()
      }
    }
  }
}
