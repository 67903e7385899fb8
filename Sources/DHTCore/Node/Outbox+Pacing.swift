import DHTCollections
import DHTModel
import DHTWire

/// Parts leave in portions: a burst of megabytes is lost on the way, and then repeated as a whole. (node.md W-22)
extension Outbox {
  /// Packets for one address that have sent a portion, and those that wait for the next.
  struct Flow: Sendable {
    /// Bytes of the current portion.
    var sent = 0
    var waiting = Queue<[UInt8]>()
    var waitingBytes = 0
  }

  /// Time from one portion to the next. (node.md W-22)
  static let portionPause: Duration = .milliseconds(10)

  /// When `release` must be called next; nil when nothing waits.
  var nextDeadline: Instant? { turns.nextDeadline }

  /// Lets the next portions go.
  mutating func release(now: Instant) {
    while let destination = turns.popDue(now) {
      guard var flow = flows[destination] else { continue }
      flow.sent = 0
      while let packet = flow.waiting.first, flow.sent == 0 || flow.sent + packet.count <= limits.portionBytes {
        _ = flow.waiting.popFirst()
        flow.sent += packet.count
        flow.waitingBytes -= packet.count
        waitingBytes -= packet.count
        arena.bytes.append(contentsOf: packet)
        arena.ends.append(arena.bytes.count)
        destinations.append(destination)
      }
      flows[destination] = flow.sent > 0 ? flow : nil
      if flow.sent > 0 { turns.push(destination, at: now + Self.portionPause) }
    }
  }

  /// Holds back what is over the portion of its address, of a message that begins with a packet of the arena.
  mutating func pace(from first: Int, to destination: SocketAddress, now: Instant) {
    if flows[destination] == nil {
      flows[destination] = Flow()
      turns.push(destination, at: now + Self.portionPause)
    }
    guard var flow = flows.removeValue(forKey: destination) else { return }
    defer { flows[destination] = flow }
    var kept = first
    var sent = flow.sent
    if flow.waiting.isEmpty {
      while kept < arena.count, sent + arena.range(of: kept).count <= limits.portionBytes {
        sent += arena.range(of: kept).count
        kept += 1
      }
    }
    guard kept < arena.count else { return flow.sent = sent }
    let rest = arena.bytes.count - arena.range(of: kept).lowerBound
    let hasRoom =
      flow.waitingBytes + rest <= limits.waitingPartBytesPerAddress && waitingBytes + rest <= limits.waitingPartBytes
    // A message whose end would be lost is not begun: the receiver would wait for parts that never come.
    if hasRoom { flow.sent = sent } else { kept = first }
    let bytes = arena.bytes.count - arena.range(of: kept).lowerBound
    if hasRoom {
      for packet in kept..<arena.count { flow.waiting.append(Array(arena.bytes[arena.range(of: packet)])) }
      flow.waitingBytes += bytes
      waitingBytes += bytes
    } else {
      droppedParts += arena.count - kept
    }
    let count = arena.count - kept
    arena.bytes.removeLast(bytes)
    arena.ends.removeLast(count)
    destinations.removeLast(count)
  }
}
