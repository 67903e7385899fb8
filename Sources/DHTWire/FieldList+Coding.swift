import DHTModel
import MessagePack

// fileds = { "f": [field, …], "v": [entry, …] }: one run of len(f) entries per value. (wire.md §6.3)

extension FieldList {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    var columns: [Query.Field?]?
    var entries: Int?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .field where columns == nil: columns = try Self.readColumns(&reader)
      case .value where entries == nil:
        entries = reader.offset
        try reader.skip()
      default: try reader.skip()
      }
    }
    // No columns: the datagram is dropped. (§6.3)
    guard let columns, let entries, !columns.isEmpty else { throw .unexpectedType(offset: start) }
    fields = []
    for case let field? in columns where !fields.contains(field) { fields.append(field) }
    guard !fields.isEmpty else { throw .unexpectedType(offset: start) }
    var ahead = reader.bookmark(at: entries)
    rows = try Self.readRows(&ahead, columns: columns)
  }

  func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.writeKey(.field)
    writer.writeArrayHeader(fields.count)
    for field in fields { writer.writeUInt64(UInt64(field.rawValue)) }
    writer.writeKey(.value)
    writer.writeArrayHeader(rows.count * fields.count)
    for row in rows {
      for field in fields { row.write(field, to: &writer) }
    }
    writer.closeMap(map)
  }

  // Nil for a field that we do not know: its entries are skipped.
  private static func readColumns(_ reader: inout MessagePackReader) throws(MessagePackError) -> [Query.Field?] {
    var columns: [Query.Field?] = []
    for _ in 0..<(try reader.readArrayHeader()) { columns.append(Query.Field(number: try reader.readUInt64())) }
    return columns
  }

  // As many rows as are whole. One that cannot be read is left out, and the others live.
  private static func readRows(
    _ reader: inout MessagePackReader, columns: [Query.Field?]
  ) throws(MessagePackError) -> [Row] {
    let count = try reader.readArrayHeader() / columns.count
    var rows: [Row] = []
    rows.reserveCapacity(count)
    for _ in 0..<count {
      var row = Row(record: FieldRecord())
      var isReadable = true
      for column in columns {
        var ahead = reader
        try reader.skip()
        guard let column, isReadable else { continue }
        do throws(MessagePackError) { try row.read(column, from: &ahead) } catch { isReadable = false }
      }
      if isReadable { rows.append(row) }
    }
    return rows
  }
}

extension FieldList.Row {
  fileprivate mutating func read(
    _ field: Query.Field, from reader: inout MessagePackReader
  ) throws(MessagePackError) {
    switch field {
    case .id: record.id = try reader.readUInt64()
    case .valueType: record.valueType = try reader.readInteger(UInt16.self)
    case .owner:
      let range = try reader.readBinary()
      if range.count == InfoHash.byteCount {
        record.owner = InfoHash(reading: reader.bytes, at: range.lowerBound)
      } else {
        ownerKey = reader.copy(range)
      }
    case .sequence: record.sequence = try reader.readInteger(UInt16.self)
    case .userType: record.userTypeBytes = reader.copy(try reader.readStringOrBinary())
    }
  }

  fileprivate func write(_ field: Query.Field, to writer: inout MessagePackWriter) {
    switch field {
    case .id: writer.writeUInt64(record.id ?? 0)
    case .valueType: writer.writeUInt64(UInt64(record.valueType ?? 0))
    case .owner:
      if let ownerKey { writer.writeBinary(ownerKey) } else { writer.writeHash(record.owner ?? .zero) }
    case .sequence: writer.writeUInt64(UInt64(record.sequence ?? 0))
    case .userType: writer.writeString(record.userTypeBytes ?? [])
    }
  }
}
