import DHTModel

/// Packets on their way. Slots are reused, so that a packet costs no allocation.
///
/// Slots come in sizes of powers of two: most packets are below 512 bytes, and a few are parts of 1300.
struct PacketPool {
  /// Names a packet until it is released.
  typealias Slot = UInt32

  struct Header {
    var source, destination: SocketAddress
    var target: Endpoint
    var count: Int
  }

  fileprivate struct Shelf {
    let slotBytes: Int
    var bytes: [UInt8] = []
    var headers: [Header] = []
    var free: [Slot] = []
  }

  // 128 bytes … 64 KiB.
  private var shelves = (7...16).map { Shelf(slotBytes: 1 << $0) }
  /// Packets that are held now.
  private(set) var count = 0

  /// Largest UDP payload over IPv4, in bytes; no slot is larger.
  static let maximumPacketBytes = 65507

  /// Copies a packet of at most `maximumPacketBytes` into a slot.
  mutating func add(_ packet: RawSpan, _ header: Header) -> Slot {
    precondition(packet.byteCount <= Self.maximumPacketBytes, "a datagram of \(packet.byteCount) bytes")
    let shelf = packet.byteCount <= 128 ? 0 : Int.bitWidth - (packet.byteCount - 1).leadingZeroBitCount - 7
    count += 1
    return shelves[shelf].add(packet, header) << 4 | Slot(shelf)
  }

  /// Hands out the packet, and takes its slot back.
  mutating func release(_ slot: Slot) {
    count -= 1
    shelves[Int(slot & 15)].free.append(slot >> 4)
  }

  func header(of slot: Slot) -> Header { shelves[Int(slot & 15)].headers[Int(slot >> 4)] }

  func withBytes<Result>(of slot: Slot, _ body: (RawSpan) -> Result) -> Result {
    let index = Int(slot >> 4)
    let shelf = shelves[Int(slot & 15)]
    let start = index * shelf.slotBytes
    return body(shelf.bytes.span.bytes.extracting(start..<start + shelf.headers[index].count))
  }
}

extension PacketPool.Shelf {
  fileprivate mutating func add(_ packet: RawSpan, _ header: PacketPool.Header) -> PacketPool.Slot {
    let slot: PacketPool.Slot
    if let reused = free.popLast() {
      slot = reused
      headers[Int(slot)] = header
    } else {
      slot = PacketPool.Slot(headers.count)
      headers.append(header)
      bytes.append(contentsOf: repeatElement(0, count: slotBytes))
    }
    let start = Int(slot) * slotBytes
    bytes.withUnsafeMutableBytes { all in
      packet.withUnsafeBytes { source in
        // `start + source.count` is inside: a slot of this shelf has room for the packet, see `PacketPool.add`.
        UnsafeMutableRawBufferPointer(rebasing: all[start..<start + source.count]).copyMemory(from: source)
      }
    }
    return slot
  }
}
