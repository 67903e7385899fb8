internal import DHTJSON
public import DHTModel

/// What a server tells of its node: the answer to `GET /node/info` and `GET /`. (proxy.md §9.1)
public struct NodeInformation: Hashable, Sendable {
  /// Nodes known over one family of addresses.
  public struct Family: Hashable, Sendable {
    /// How deep the routing table is, and the nodes that this makes likely in the network.
    public struct Table: Hashable, Sendable {
      /// Depth of the table; told when it is more than 1.
      public var depth: Int
      /// 8 · 2^depth.
      public var networkSize: Int

      /// A table of some depth.
      public init(depth: Int, networkSize: Int) {
        self.depth = depth
        self.networkSize = networkSize
      }
    }

    /// Those that answered lately, those that did not, and those that we only heard from.
    public var good, dubious, incoming: Int
    /// The routing table, when it is deep enough to tell something.
    public var table: Table?

    /// Counts of nodes.
    public init(good: Int = 0, dubious: Int = 0, incoming: Int = 0, table: Table? = nil) {
      self.good = good
      self.dubious = dubious
      self.incoming = incoming
      self.table = table
    }
  }

  /// What a node holds; told since 3.7.1.
  public struct Storage: Hashable, Sendable {
    /// Values held for others, and their bytes.
    public var values, bytes: Int
    /// Those of them that this node put, and their bytes.
    public var localValues, localBytes: Int

    /// Counts of values and bytes.
    public init(values: Int, bytes: Int, localValues: Int, localBytes: Int) {
      self.values = values
      self.bytes = bytes
      self.localValues = localValues
      self.localBytes = localBytes
    }
  }

  /// The node's UDP ports; told since 3.7.1.
  public struct Ports: Hashable, Sendable {
    /// Of IPv4 and of IPv6.
    public var ipv4, ipv6: Int

    /// Two ports.
    public init(ipv4: Int, ipv6: Int) {
      self.ipv4 = ipv4
      self.ipv6 = ipv6
    }
  }

  /// The node.
  public var nodeID: NodeID
  /// The id of its key, 40 hexadecimal digits; nil without an identity.
  public var keyID: String?
  /// Nodes known over IPv4 and over IPv6.
  public var ipv4, ipv6: Family
  /// Operations that run.
  public var operations: Int
  /// The address that the client comes from; nil in statistics.
  public var publicAddress: String?
  /// What it holds.
  public var storage: Storage?
  /// Where it listens.
  public var ports: Ports?

  /// What is to be told of a node.
  public init(
    nodeID: NodeID, keyID: String? = nil, ipv4: Family = Family(), ipv6: Family = Family(), operations: Int = 0,
    publicAddress: String? = nil, storage: Storage? = nil, ports: Ports? = nil
  ) {
    self.nodeID = nodeID
    self.keyID = keyID
    self.ipv4 = ipv4
    self.ipv6 = ipv6
    self.operations = operations
    self.publicAddress = publicAddress
    self.storage = storage
    self.ports = ports
  }
}

extension NodeInformation {
  /// Reads an answer. What is not told, or told as something else than a number, counts as 0.
  ///
  /// - Throws: what cannot be read, or that no node is named: without that it is no proxy that answers.
  public init(reading body: [UInt8]) throws(MessageError) {
    try self.init(try JSON(body: body))
  }

  init(_ json: JSON) throws(MessageError) {
    guard let nodeID = json["node_id"]?.string.flatMap({ InfoHash(hex: $0) }) else { throw .missing(member: "node_id") }
    self.init(
      nodeID: nodeID, keyID: json["id"]?.string, ipv4: Family(json["ipv4"]), ipv6: Family(json["ipv6"]),
      operations: json.count("ops") ?? 0, publicAddress: json["public_ip"]?.string)
    if json["storage_values"] != nil {
      storage = Storage(
        values: json.count("storage_values") ?? 0, bytes: json.count("storage_size") ?? 0,
        localValues: json.count("local_storage_values") ?? 0, localBytes: json.count("local_storage_size") ?? 0)
    }
    if json["port_ipv4"] != nil || json["port_ipv6"] != nil {
      ports = Ports(ipv4: json.count("port_ipv4") ?? 0, ipv6: json.count("port_ipv6") ?? 0)
    }
  }

  /// The answer, with its line end.
  public func bytes() -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { writeMembers(to: &$0) }
    return writer.bytes + [UInt8(ascii: "\n")]
  }

  // Members in byte order of their names.
  func writeMembers(to object: inout JSONWriter) {
    if let keyID { object.member("id", keyID) }
    object.member("ipv4", object: { ipv4.writeMembers(to: &$0) })
    object.member("ipv6", object: { ipv6.writeMembers(to: &$0) })
    if let storage {
      object.member("local_storage_size", storage.localBytes)
      object.member("local_storage_values", storage.localValues)
    }
    object.member("node_id", "\(nodeID)")
    object.member("ops", operations)
    if let ports {
      object.member("port_ipv4", ports.ipv4)
      object.member("port_ipv6", ports.ipv6)
    }
    if let publicAddress { object.member("public_ip", publicAddress) }
    if let storage {
      object.member("storage_size", storage.bytes)
      object.member("storage_values", storage.values)
    }
  }
}

extension NodeInformation.Family {
  init(_ json: JSON?) {
    self.init(
      good: Self.count("good", in: json), dubious: Self.count("dubious", in: json),
      incoming: Self.count("incoming", in: json))
    if let depth = json?.count("table_depth") {
      table = Table(depth: min(depth, Self.maximumDepth), networkSize: json?.count("network_size_estimation") ?? 0)
    }
  }

  /// More nodes than any table knows; so that what a peer tells can be added up.
  private static let maximumCount = Int(Int32.max)
  /// A table has no more buckets in a row than a key has bits.
  private static let maximumDepth = 160

  private static func count(_ name: String, in json: JSON?) -> Int { min(json?.count(name) ?? 0, maximumCount) }

  func writeMembers(to object: inout JSONWriter) {
    object.member("dubious", dubious)
    object.member("good", good)
    object.member("incoming", incoming)
    if let table {
      object.member("network_size_estimation", table.networkSize)
      object.member("table_depth", table.depth)
    }
  }
}
