public import DHTModel
import MessagePack

// query = { "s": [field, …], "w": [{ "f": field, "v": value }, …] }, both required. (wire.md §6.1)

extension Query {
  /// Reads a packed query; bytes after it are ignored.
  /// - Throws: `WireError.malformed` for anything that makes peers drop a datagram.
  public init(unpacking bytes: RawSpan) throws(WireError) {
    var reader = MessagePackReader(bytes, nestingLimit: WireLimits.nestingDepth)
    do throws(MessagePackError) { self = try Query(reading: &reader) } catch { throw .malformed(error) }
  }

  /// The query as it travels. A filter on the sequence number has no packed form and stays at home. (wire.md §6.5)
  public func packed() -> [UInt8] {
    MessagePackWriter.bytes { write(to: &$0) }
  }
}

extension Query {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    var select: [Field]?
    var filters: [Filter]?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .select where select == nil: select = try Field.readList(&reader)
      case .filters where filters == nil: filters = try Filter.readList(&reader)
      default: try reader.skip()
      }
    }
    guard let select, let filters else { throw .unexpectedType(offset: start) }
    self.init(select: select, where: filters)
  }

  func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.writeKey(.select)
    writer.writeArrayHeader(select.count)
    for field in select { writer.writeUInt64(UInt64(field.rawValue)) }
    writer.writeKey(.filters)
    writer.writeArrayHeader(filters.count { $0.field != .sequence })
    for filter in filters where filter.field != .sequence { filter.write(to: &writer) }
    writer.closeMap(map)
  }
}

extension Query.Field {
  /// A number as a field; nil for one that we do not know.
  init?(number: UInt64) {
    guard let raw = UInt8(exactly: number) else { return nil }
    self.init(rawValue: raw)
  }

  // In the order asked, each once. Unknown numbers are skipped: peers answer them with packets nobody can read. (§13)
  fileprivate static func readList(_ reader: inout MessagePackReader) throws(MessagePackError) -> [Query.Field] {
    var fields: [Query.Field] = []
    for _ in 0..<(try reader.readArrayHeader()) {
      guard let field = Query.Field(number: try reader.readUInt64()), !fields.contains(field) else { continue }
      fields.append(field)
    }
    return fields
  }
}

extension Query.Filter {
  // Two different filters on one field already match nothing, so more of them are not kept: a packet with
  // thousands of filters must not cost thousands of tests per value.
  fileprivate static func readList(_ reader: inout MessagePackReader) throws(MessagePackError) -> [Query.Filter] {
    var filters: [Query.Filter] = []
    for _ in 0..<(try reader.readArrayHeader()) {
      let filter = try Query.Filter(reading: &reader)
      guard !filters.contains(filter), filters.count(where: { $0.field == filter.field }) < 2 else { continue }
      filters.append(filter)
    }
    return filters
  }

  private init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    var field: UInt64?
    var value: Int?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .field where field == nil: field = try reader.readUInt64()
      case .value where value == nil:
        value = reader.offset
        try reader.skip()
      default: try reader.skip()
      }
    }
    guard let field, let value else { throw .unexpectedType(offset: start) }
    var ahead = reader.bookmark(at: value)
    switch Query.Field(number: field) {
    case .id: self = .id(try ahead.readUInt64())
    case .valueType: self = .valueType(try ahead.readInteger(UInt16.self))
    case .owner: self = .owner(try ahead.readHash())
    case .userType: self = .userType(try ahead.readBlob())
    case .sequence, nil: throw .outOfRange(offset: start)
    }
  }

  fileprivate func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.writeKey(.field)
    writer.writeUInt64(UInt64(field.rawValue))
    writer.writeKey(.value)
    switch self {
    case .id(let id): writer.writeUInt64(id)
    case .valueType(let type): writer.writeUInt64(UInt64(type))
    case .owner(let id): writer.writeHash(id)
    case .sequence(let sequence): writer.writeUInt64(UInt64(sequence))
    case .userType(let bytes): writer.writeBinary(bytes)
    }
    writer.closeMap(map)
  }
}
