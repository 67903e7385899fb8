internal import DHTModel
internal import MessagePack

/// An entry as it stands in the network, with the whole linear key that it was stored under. (pht.md §4)
package struct StoredEntry: Hashable, Sendable {
  /// The linear key, padding included.
  package var content: [UInt8]
  /// What it points to.
  package var entry: IndexEntry

  package init(content: [UInt8], entry: IndexEntry) {
    self.content = content
    self.entry = entry
  }
}

private let prefixKey = MessagePackKey("prefix")
private let valueKey = MessagePackKey("value")

extension StoredEntry {
  /// Reads the data of a value; nil for anything but an entry. Anyone may have written it.
  package init?(decoding data: [UInt8]) {
    guard let read = try? Self.read(data.span.bytes) else { return nil }
    self = read
  }

  private static func read(_ bytes: RawSpan) throws(MessagePackError) -> StoredEntry? {
    var reader = MessagePackReader(bytes)
    var content: [UInt8]?
    var entry: IndexEntry?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case prefixKey:
        let range = try reader.readBinary()
        content = bytes.extracting(range).withUnsafeBytes { Array($0) }
      case valueKey:
        guard try reader.readArrayHeader() == 2 else { return nil }
        let range = try reader.readBinary()
        guard range.count == InfoHash.byteCount else { return nil }
        entry = IndexEntry(hash: InfoHash(reading: bytes, at: range.lowerBound), id: try reader.readUInt64())
      default:
        try reader.skip()
      }
    }
    guard let content, let entry else { return nil }
    return StoredEntry(content: content, entry: entry)
  }

  /// The data of a value, byte for byte as peers write it.
  package var packed: [UInt8] {
    MessagePackWriter.bytes(reserving: content.count + 64) { writer in
      writer.writeMapHeader(2)
      writer.writeName(prefixKey)
      writer.writeBinary(content)
      writer.writeName(valueKey)
      writer.writeArrayHeader(2)
      writer.writeBinary(entry.hash.bytes)
      writer.writeUInt64(entry.id)
    }
  }
}
