/// The bytes of one value while they arrive. Only bytes that arrived are held.
struct ValueAssembly: Sendable {
  /// Bytes that were announced; pieces beyond them are ignored. (wire.md §7.2)
  let size: Int
  /// Bytes from the start without a hole. Parts in order only ever grow this.
  private(set) var head: [UInt8] = []
  // Beyond the first hole, by offset, none overlapping another.
  private var later: [Piece] = []

  fileprivate struct Piece: Sendable {
    var offset: Int
    var bytes: [UInt8]
  }

  // Peers cut values into 1280 bytes, 52 pieces at most. Smaller ones are welcome in order; out of order only so many
  // are kept, because each takes its place in a sorted list.
  private static let laterLimit = 1024

  init(size: Int) { self.size = size }

  /// Whether every byte is there. A size of zero never completes, as with all deployed peers.
  var isComplete: Bool { size > 0 && head.count == size }

  /// Takes a piece; false when it is empty, known, overlaps one that is known, or lies beyond the size.
  mutating func add(_ bytes: [UInt8], at offset: Int) -> Bool {
    guard !bytes.isEmpty, bytes.count <= size, offset <= size - bytes.count, offset >= head.count else { return false }
    let end = offset + bytes.count
    let place = later.firstIndex(atOrAfter: offset)
    if place < later.count, later[place].offset < end { return false }
    if place > 0, later[place - 1].offset + later[place - 1].bytes.count > offset { return false }
    if offset == head.count {
      head.append(contentsOf: bytes)
      absorb()
    } else {
      guard later.count < Self.laterLimit else { return false }
      later.insert(Piece(offset: offset, bytes: bytes), at: place)
    }
    return true
  }

  // Moves the pieces that now touch the head into it.
  private mutating func absorb() {
    var count = 0
    for piece in later {
      guard piece.offset == head.count else { break }
      head.append(contentsOf: piece.bytes)
      count += 1
    }
    later.removeFirst(count)
  }
}

extension [ValueAssembly.Piece] {
  fileprivate func firstIndex(atOrAfter offset: Int) -> Int {
    var range = 0..<count
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      range = self[middle].offset < offset ? middle + 1..<range.upperBound : range.lowerBound..<middle
    }
    return range.lowerBound
  }
}
