import MessagePack

// p = { index: { "o": offset, "d": bin }, … }. (wire.md §7.1)

extension Part {
  init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    self.init(pieces: [])
    var isAscending = true
    for _ in 0..<(try reader.readMapHeader()) {
      guard let key = try reader.readUnsignedOrSkip(), let index = Int(exactly: key) else {
        try reader.skip()
        continue
      }
      guard let piece = try Piece(reading: &reader, index: index) else { continue }
      if let last = pieces.last, last.index >= index { isAscending = false }
      pieces.append(piece)
    }
    if !isAscending { keepFirstOfEachIndex() }
  }

  func write(to writer: inout MessagePackWriter) {
    writer.writeMapHeader(pieces.count)
    for piece in pieces { Self.write(piece.bytes.span.bytes, index: piece.index, offset: piece.offset, to: &writer) }
  }

  /// Writes one piece, its index as key.
  static func write(_ bytes: RawSpan, index: Int, offset: Int, to writer: inout MessagePackWriter) {
    writer.writeUInt64(UInt64(index))
    let map = writer.openMap()
    writer.writeKey(.offset)
    writer.writeUInt64(UInt64(offset))
    writer.writeKey(.piece)
    writer.writeBinaryHeader(bytes.byteCount)
    writer.append(bytes)
    writer.closeMap(map)
  }

  // In inner maps the first of equal keys wins. (§1.1) The sort is stable.
  private mutating func keepFirstOfEachIndex() {
    pieces.sort { $0.index < $1.index }
    var kept: [Piece] = []
    for piece in pieces where kept.last?.index != piece.index { kept.append(piece) }
    pieces = kept
  }
}

extension Part.Piece {
  // Nil for an item without offset or bytes, which is skipped. (§13)
  fileprivate init?(reading reader: inout MessagePackReader, index: Int) throws(MessagePackError) {
    guard try reader.peekKind() == .map else {
      try reader.skip()
      return nil
    }
    var offset: Int?
    var bytes: [UInt8]?
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .offset where offset == nil: offset = Int(exactly: try reader.readUInt64())
      case .piece where bytes == nil: bytes = try reader.readBlob()
      default: try reader.skip()
      }
    }
    guard let offset, let bytes else { return nil }
    self.init(index: index, offset: offset, bytes: bytes)
  }
}
