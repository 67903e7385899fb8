import DHTModel
import DHTWire

/// What the node has to send and to tell, until the driver takes it. Memory is reused.
struct Outbox {
  private(set) var arena = PacketArena()
  private(set) var destinations: [SocketAddress] = []
  private var events: [Event] = []
  private var firstEvent = 0

  /// Encodes a message, and its parts if its values are large.
  mutating func send(_ message: Message, to destination: SocketAddress) {
    message.encode(into: &arena)
    while destinations.count < arena.count { destinations.append(destination) }
  }

  /// Sends packets that were encoded before.
  mutating func send(_ packets: PacketArena, to destination: SocketAddress) {
    for packet in 0..<packets.count {
      arena.bytes.append(contentsOf: packets.bytes[packets.range(of: packet)])
      arena.ends.append(arena.bytes.count)
      destinations.append(destination)
    }
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
