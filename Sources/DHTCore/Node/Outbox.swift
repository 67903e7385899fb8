import DHTCollections
import DHTModel
import DHTWire

/// What the node has to send and to tell, until the driver takes it. Memory is reused.
struct Outbox {
  var arena = PacketArena()
  var destinations: [SocketAddress] = []
  let limits: Limits
  /// Addresses that were sent parts within the last 10 ms. (See `pace`.)
  var flows: [SocketAddress: Flow] = [:]
  var turns = DeadlineQueue<SocketAddress>()
  /// Bytes of all packets that wait for their turn.
  var waitingBytes = 0
  /// Packets that found no room to wait.
  var droppedParts = 0
  private var events: [Event] = []
  private var firstEvent = 0

  init(limits: Limits) { self.limits = limits }

  /// Encodes a message, and its parts if its values are large.
  mutating func send(_ message: Message, to destination: SocketAddress, now: Instant) {
    let first = arena.count
    message.encode(into: &arena)
    while destinations.count < arena.count { destinations.append(destination) }
    if arena.count - first > 1 { pace(from: first, to: destination, now: now) }
  }

  /// Sends packets that were encoded before.
  mutating func send(_ packets: PacketArena, to destination: SocketAddress, now: Instant) {
    let first = arena.count
    for packet in 0..<packets.count {
      arena.bytes.append(contentsOf: packets.bytes[packets.range(of: packet)])
      arena.ends.append(arena.bytes.count)
      destinations.append(destination)
    }
    if packets.count > 1 { pace(from: first, to: destination, now: now) }
  }

  mutating func tell(_ event: Event) { events.append(event) }

  mutating func nextEvent() -> Event? {
    guard firstEvent < events.count else {
      events.removeAll(keepingCapacity: true)
      firstEvent = 0
      return nil
    }
    defer { firstEvent += 1 }
    return events[firstEvent]
  }

  mutating func takeDatagrams(_ send: (_ bytes: RawSpan, _ destination: SocketAddress) -> Void) {
    takeBatch { batch in
      for index in 0..<batch.count {
        send(batch.bytes.extracting(batch.range(of: index)), batch.destination(of: index))
      }
    }
  }

  mutating func takeBatch(_ send: (_ batch: borrowing DatagramBatch) -> Void) {
    guard !destinations.isEmpty else { return }
    // Moved out and back: the memory is kept, and nothing is copied.
    var waiting = PacketArena()
    var addresses: [SocketAddress] = []
    swap(&waiting, &arena)
    swap(&addresses, &destinations)
    send(DatagramBatch(bytes: waiting.bytes.span.bytes, ends: waiting.ends.span, destinations: addresses.span))
    waiting.removeAll()
    addresses.removeAll(keepingCapacity: true)
    swap(&waiting, &arena)
    swap(&addresses, &destinations)
  }
}
