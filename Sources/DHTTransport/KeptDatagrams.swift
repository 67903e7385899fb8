internal import DHTCore
internal import DHTModel

/// Datagrams that the system had no room for: copies, since the node's own bytes are gone when they can be sent.
struct KeptDatagrams {
  /// The first that was not sent yet.
  var next = 0
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  private var destinations: [Address] = []

  var count: Int { ends.count }
  var isDone: Bool { next >= ends.count }
  var remainingBytes: Int { bytes.count - (next == 0 ? 0 : ends[next - 1]) }

  var batch: DatagramBatch {
    @_lifetime(borrow self) get {
      DatagramBatch(bytes: bytes.span.bytes, ends: ends.span, destinations: destinations.span)
    }
  }

  mutating func append(_ datagram: RawSpan, _ destination: Address) {
    datagram.withUnsafeBytes { bytes.append(contentsOf: $0) }
    ends.append(bytes.count)
    destinations.append(destination)
  }
}
