import DHTModel

/// The last happenings, compact: the packets stand back to back in one ring of bytes, and are decoded only for people.
struct TraceRing {
  private struct Record {
    var time: Int64 = 0
    var fate = TraceEntry.Fate.sent
    var source, destination: SocketAddress
    /// Where the packet begins, counted since the first one.
    var start = 0
    var count = 0
  }

  private let capacity: Int
  private var records: [Record] = []
  private var bytes: [UInt8]
  /// Records and bytes since the beginning; the places in the rings are these modulo their sizes.
  private var total = 0
  private var written = 0

  /// A ring for that many happenings of 256 bytes on average; 0 keeps none.
  init(capacity: Int) {
    self.capacity = capacity
    records.reserveCapacity(capacity)
    bytes = Array(repeating: 0, count: capacity * 256)
  }

  var isEnabled: Bool { capacity > 0 }

  mutating func add(
    _ time: Int64, _ fate: TraceEntry.Fate, _ source: SocketAddress, _ destination: SocketAddress, _ packet: RawSpan
  ) {
    guard capacity > 0 else { return }
    let count = min(packet.byteCount, bytes.count)
    let record = Record(
      time: time, fate: fate, source: source, destination: destination, start: written, count: count)
    if records.count < capacity { records.append(record) } else { records[total % capacity] = record }
    copy(packet.extracting(first: count), to: written % bytes.count)
    total += 1
    written += count
  }

  /// Copies in one piece, or in two when the ring's end comes between.
  private mutating func copy(_ packet: RawSpan, to place: Int) {
    let first = min(packet.byteCount, bytes.count - place)
    bytes.withUnsafeMutableBytes { ring in
      packet.withUnsafeBytes { source in
        // Both pieces are inside the ring: the first by `min`, the rest since a packet is no larger than the ring.
        UnsafeMutableRawBufferPointer(rebasing: ring[place...]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: source[..<first]))
        ring.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[first...]))
      }
    }
  }

  /// What is kept, oldest first. A packet whose bytes were overwritten comes without them.
  var entries: [TraceEntry] {
    (max(0, total - records.count)..<total).map { number in
      let record = records[number % capacity]
      let isWhole = written - record.start <= bytes.count
      return TraceEntry(
        time: .nanoseconds(record.time), fate: record.fate, source: record.source, destination: record.destination,
        bytes: isWhole ? (0..<record.count).map { bytes[(record.start + $0) % bytes.count] } : [])
    }
  }
}
