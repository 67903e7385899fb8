internal import CDatagrams
#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
internal import DHTCore
internal import DHTModel
internal import NIOCore

/// The sending half of one UDP socket.
///
/// Datagrams go to the system straight from the node's bytes, up to 64 with one call, without a copy and without an
/// allocation. SwiftNIO's own write path is not used: it closes the channel for good when the system refuses a datagram
/// (network unreachable, not permitted, a broadcast address), and any peer can name such an address.
struct DatagramSender {
  /// Why a datagram was not sent.
  enum Refusal: Equatable {
    /// Dropped; no fault of the destination.
    case dropped
    /// The destination cannot be reached from here.
    case unreachable
    /// So, and the socket is dead: it must be opened anew.
    case socketDead
  }
  /// Gives datagrams to the system. Returns how many it took; if it refused the first, minus the error number.
  typealias Transmit = (_ datagrams: UnsafeBufferPointer<CDatagram>, _ descriptor: Int32) -> Int

  /// Where the datagrams of one call are listed: 5 KiB, too much for the stack's temporary memory, and too often for the
  /// heap's.
  private final class Room {
    let datagrams = UnsafeMutableBufferPointer<CDatagram>.allocate(capacity: Int(CDATAGRAMS_PER_CALL))
    deinit { datagrams.deallocate() }
  }

  private let family: AddressFamily
  private let room = Room()
  private var kept = CircularBuffer<KeptDatagrams>()
  private var keptBytes = 0
  private let maximumPendingBytes: Int
  /// Tests put a system of their own here.
  private let transmit: Transmit

  init(_ family: AddressFamily, maximumPendingBytes: Int, transmit: @escaping Transmit = DatagramSender.transmit) {
    self.family = family
    self.maximumPendingBytes = maximumPendingBytes
    self.transmit = transmit
  }

  /// Whether datagrams wait for the system; `flush` must be called soon.
  var isPending: Bool { !kept.isEmpty }

  /// Sends the datagrams of this family, and keeps those that the system does not take now. Each that it refuses goes to
  /// `report` alone; the others go on. `report` must not use the socket.
  mutating func send(
    _ batch: borrowing DatagramBatch, through descriptor: Int32, _ counters: inout SocketCounters,
    _ report: (Address, Refusal) -> Void
  ) {
    let next = kept.isEmpty ? give(batch, from: 0, descriptor, &counters, report) : 0
    for index in next..<batch.count where batch.destination(of: index).family == family {
      keep(batch, index, &counters)
    }
  }

  /// Sends what waits, as far as the system takes it; otherwise as `send`.
  mutating func flush(
    through descriptor: Int32, _ counters: inout SocketCounters, _ report: (Address, Refusal) -> Void
  ) {
    while var first = kept.popFirst() {
      let before = first.remainingBytes
      first.next = give(first.batch, from: first.next, descriptor, &counters, report)
      keptBytes -= before - first.remainingBytes
      guard first.isDone else { return kept.prepend(first) }
    }
  }
}

extension DatagramSender {
  /// Sends datagrams from an index on. Returns the index of the first that the system has no room for; if there is none,
  /// how many datagrams there are.
  private func give(
    _ batch: borrowing DatagramBatch, from start: Int, _ descriptor: Int32, _ counters: inout SocketCounters,
    _ report: (Address, Refusal) -> Void
  ) -> Int {
    batch.bytes.withUnsafeBytes { bytes in
      let room = room.datagrams
      var next = start
      while next < batch.count {
        let gathered = UnsafeBufferPointer(rebasing: room[..<gather(batch, from: &next, bytes, into: room)])
        let full = write(gathered, descriptor, &counters) { report(batch.destination(of: $0), $1) }
        if let full { return full }
      }
      return batch.count
    }
  }

  /// Lists the next datagrams of this family, as many as there is room for. Returns how many these are.
  private func gather(
    _ batch: borrowing DatagramBatch, from next: inout Int, _ bytes: UnsafeRawBufferPointer,
    into room: UnsafeMutableBufferPointer<CDatagram>
  ) -> Int {
    var count = 0
    while next < batch.count, count < room.count {
      let destination = batch.destination(of: next)
      if destination.family == family {
        room.initializeElement(at: count, to: CDatagram(bytes, batch.range(of: next), destination, next))
        count += 1
      }
      next += 1
    }
    return count
  }

  /// Writes datagrams; returns the index of the first that the system has no room for.
  private func write(
    _ datagrams: UnsafeBufferPointer<CDatagram>, _ descriptor: Int32, _ counters: inout SocketCounters,
    _ report: (Int, Refusal) -> Void
  ) -> Int? {
    var rest = datagrams[...]
    while let first = rest.first {
      let taken = transmit(UnsafeBufferPointer(rebasing: rest), descriptor)
      counters.writes += 1
      if taken > 0 {
        counters.sent += taken
        rest = rest.dropFirst(taken)
        continue
      }
      let error = Int32(truncatingIfNeeded: -taken)
      if Self.isFull(error) { return Int(first.index) }
      counters.refused += 1
      report(Int(first.index), Self.refusal(error))
      rest = rest.dropFirst()
    }
    return nil
  }

  // A full batch is 64 datagrams: what one call takes.
  private mutating func keep(_ batch: borrowing DatagramBatch, _ index: Int, _ counters: inout SocketCounters) {
    let range = batch.range(of: index)
    guard keptBytes + range.count <= maximumPendingBytes else {
      counters.droppedFull += 1
      return
    }
    if kept.last.map({ $0.count >= Int(CDATAGRAMS_PER_CALL) }) ?? true { kept.append(KeptDatagrams()) }
    kept[kept.index(before: kept.endIndex)].append(batch.bytes.extracting(range), batch.destination(of: index))
    keptBytes += range.count
  }

  private static func isFull(_ error: Int32) -> Bool {
    // 0: the system took none and gave no reason.
    error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == 0
  }

  private static func refusal(_ error: Int32) -> Refusal {
    switch error {
    // Too long for any destination, or no memory: says nothing about this one.
    case EMSGSIZE, ENOMEM: .dropped
    case EPIPE, ENOTCONN, ECONNRESET, EBADF: .socketDead
    // ENETUNREACH, EHOSTUNREACH, EAFNOSUPPORT, EPERM, EACCES (broadcast), EINVAL (a link-local address without
    // interface), EADDRNOTAVAIL, ENETDOWN …
    default: .unreachable
    }
  }

  static func transmit(_ datagrams: UnsafeBufferPointer<CDatagram>, _ descriptor: Int32) -> Int {
    Int(CDatagrams_send(descriptor, datagrams.baseAddress, Int32(datagrams.count)))
  }
}

extension CDatagram {
  /// A datagram that stands in `bytes`, which must outlive it.
  fileprivate init(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, _ destination: Address, _ index: Int
  ) {
    self.init()
    self.bytes = bytes.baseAddress.map { $0 + range.lowerBound }
    count = range.count
    self.index = Int32(truncatingIfNeeded: index)
    destination_length = destination.withSystemAddress { address, length in
      withUnsafeMutableBytes(of: &self.destination) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
      }
      return length
    }
  }
}
