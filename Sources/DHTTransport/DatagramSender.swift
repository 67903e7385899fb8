#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
internal import DHTModel
internal import NIOCore

/// The sending half of one UDP socket.
///
/// Datagrams go to the system straight from the node's bytes, without a copy and without an allocation. SwiftNIO's own
/// write path is not used: it closes the channel for good when the system refuses a datagram (network unreachable, not
/// permitted, a broadcast address), and any peer can name such an address. A system call for each datagram, rather than
/// one for many, cost prototypes 2 to 6 % of an echo; the copy that batching needs would cost the like.
struct DatagramSender {
  /// What became of a datagram.
  enum Result: Equatable {
    /// The system took it, or it waits for the system.
    case sent
    /// Dropped, counted; no fault of the destination.
    case dropped
    /// The destination cannot be reached from here.
    case unreachable
    /// So, and the socket is dead: it must be opened anew.
    case socketDead
  }

  private var pending = CircularBuffer<(bytes: [UInt8], destination: Address)>()
  private var pendingBytes = 0
  private let maximumPendingBytes: Int
  /// Gives a datagram to the system; the error number, or nil when it was taken. Tests put a full buffer here.
  private let transmit: (RawSpan, Address, Int32) -> Int32?

  init(maximumPendingBytes: Int, transmit: @escaping (RawSpan, Address, Int32) -> Int32? = DatagramSender.transmit) {
    self.maximumPendingBytes = maximumPendingBytes
    self.transmit = transmit
  }

  /// Whether datagrams wait for the system; `flush` must be called soon.
  var isPending: Bool { !pending.isEmpty }

  /// Sends a datagram, or keeps it while the system takes none.
  mutating func send(
    _ bytes: RawSpan, to destination: Address, through descriptor: Int32, _ counters: inout SocketCounters
  ) -> Result {
    guard pending.isEmpty else { return keep(bytes, destination, &counters) }
    switch transmit(bytes, destination, descriptor) {
    case nil:
      counters.sent += 1
      return .sent
    case EAGAIN, EWOULDBLOCK, ENOBUFS: return keep(bytes, destination, &counters)
    case .some(let error): return refused(error, &counters)
    }
  }

  /// Sends what waits, as far as the system takes it. Refused destinations go to `report`.
  mutating func flush(
    through descriptor: Int32, _ counters: inout SocketCounters, _ report: (Address, Result) -> Void
  ) {
    while let (bytes, destination) = pending.first {
      let error = transmit(bytes.span.bytes, destination, descriptor)
      if error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS { return }
      pending.removeFirst()
      pendingBytes -= bytes.count
      if let error { report(destination, refused(error, &counters)) } else { counters.sent += 1 }
    }
  }
}

extension DatagramSender {
  private mutating func keep(_ bytes: RawSpan, _ destination: Address, _ counters: inout SocketCounters) -> Result {
    guard pendingBytes + bytes.byteCount <= maximumPendingBytes else {
      counters.droppedFull += 1
      return .dropped
    }
    pending.append((bytes.withUnsafeBytes { Array($0) }, destination))
    pendingBytes += bytes.byteCount
    return .sent
  }

  private func refused(_ error: Int32, _ counters: inout SocketCounters) -> Result {
    counters.refused += 1
    switch error {
    // Too long for any destination, or no memory: says nothing about this one.
    case EMSGSIZE, ENOMEM: return .dropped
    case EPIPE, ENOTCONN, ECONNRESET, EBADF: return .socketDead
    // ENETUNREACH, EHOSTUNREACH, EAFNOSUPPORT, EPERM, EACCES (broadcast), EINVAL (a link-local address without
    // interface), EADDRNOTAVAIL, ENETDOWN …
    default: return .unreachable
    }
  }

  /// The system's error; nil when it took the datagram.
  static func transmit(_ bytes: RawSpan, _ destination: Address, _ descriptor: Int32) -> Int32? {
    bytes.withUnsafeBytes { buffer in
      destination.withSystemAddress { address, length in
        while true {
          if sendto(descriptor, buffer.baseAddress, buffer.count, 0, address, length) >= 0 { return nil }
          if errno != EINTR { return errno }
        }
      }
    }
  }
}
