public import DHTModel
import MessagePack

/// What a node leaves on disk for its next run:
/// `{ "v": 1, "id": bin(20), "nodes": nodes, "values": [ [ key: bin(20), values: bin ], … ] }`. (wire.md §10.3)
public struct StateFile: Hashable, Sendable {
  /// The values kept under one key.
  public struct Storage: Hashable, Sendable {
    /// The key.
    public var key: InfoHash
    /// What was stored there.
    public var values: ExportedValues

    /// Values under a key.
    public init(key: InfoHash, values: ExportedValues) {
      self.key = key
      self.values = values
    }
  }

  /// The node's id; zero when the file has none, and a new one is then to be chosen.
  public var id: NodeID
  /// Nodes to begin with.
  public var nodes: ExportedNodes
  /// Values to go on keeping.
  public var storages: [Storage]

  /// A state.
  public init(id: NodeID, nodes: ExportedNodes, storages: [Storage] = []) {
    self.id = id
    self.nodes = nodes
    self.storages = storages
  }

  /// Reads a file of any release. What is missing is empty; a key whose values cannot be read is left out.
  /// - Throws: `WireError.malformed` when it is no map, or id or nodes are of another type.
  public init(decoding bytes: RawSpan, now: WallTime) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    do throws(MessagePackError) { self = try StateFile(reading: &reader, now: now) } catch { throw .malformed(error) }
  }

  /// The file as bytes, values in the form of 4.3 and later.
  public func encoded() -> [UInt8] {
    let blobs = storages.map { $0.values.encoded() }
    let room = 64 + nodes.nodes.count * 64 + blobs.reduce(0) { $0 + $1.count + 32 }
    return MessagePackWriter.bytes(reserving: room) { writer in
      let map = writer.openMap()
      writer.write(.fileVersion, 1 as UInt64)
      writer.write(.id, id)
      writer.writeKey(.nodes)
      nodes.write(to: &writer)
      writer.writeKey(.values)
      writer.writeArrayHeader(storages.count)
      for (storage, blob) in zip(storages, blobs) {
        writer.writeArrayHeader(2)
        writer.writeHash(storage.key)
        writer.writeBinary(blob)
      }
      writer.closeMap(map)
    }
  }
}

extension StateFile {
  private init(reading reader: inout MessagePackReader, now: WallTime) throws(MessagePackError) {
    self.init(id: .zero, nodes: ExportedNodes([]))
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .id: id = try reader.readHash()
      case .nodes: nodes = try ExportedNodes(reading: &reader)
      case .values: storages = try Self.readStorages(&reader, now: now)
      default: try reader.skip()
      }
    }
  }

  private static func readStorages(
    _ reader: inout MessagePackReader, now: WallTime
  ) throws(MessagePackError) -> [Storage] {
    var storages: [Storage] = []
    for _ in 0..<(try reader.readArrayHeader()) {
      var ahead = reader
      try reader.skip()
      if let storage = try? Storage(reading: &ahead, now: now) { storages.append(storage) }
    }
    return storages
  }
}

extension StateFile.Storage {
  fileprivate init(reading reader: inout MessagePackReader, now: WallTime) throws {
    guard try reader.readArrayHeader() >= 2 else { throw MessagePackError.outOfRange(offset: reader.offset) }
    key = try reader.readHash()
    values = try ExportedValues(decoding: reader.bytes.extracting(try reader.readBinary()), now: now)
  }
}
