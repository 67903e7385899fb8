internal import DHTModel
internal import NIOCore

/// The receiving half of one UDP socket: hands each datagram of a burst to the driver, then lets it answer once.
final class DatagramHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// Datagrams read by one system call. SwiftNIO makes up to four such calls before the other sockets of the loop have
  /// their turn; at full load that is a burst of 28. A ping answered then costs 3.7 µs of processor time, of which the
  /// system's part is 2.
  static let datagramsPerRead = 8
  /// Room for a datagram, in bytes: peers send up to 1500. Longer ones are legal (wire.md §1), so room is made for the
  /// longest once a socket has seen one; that one is cut off and lost, as networks lose, and comes again. Room for the
  /// longest from the start was measured to cost 490 KB of memory a node.
  static let usualBytesPerDatagram = 2048
  /// Room for the longest datagram there is.
  static let maximumBytesPerDatagram = 65536

  static func allocator(bytesPerDatagram: Int) -> FixedSizeRecvByteBufferAllocator {
    FixedSizeRecvByteBufferAllocator(capacity: datagramsPerRead * bytesPerDatagram)
  }

  private var bytesPerDatagram = usualBytesPerDatagram
  private let family: AddressFamily
  private weak var driver: NodeDriver?

  init(family: AddressFamily, driver: NodeDriver) {
    self.family = family
    self.driver = driver
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    guard let source = Address(envelope.remoteAddress) else { return }
    guard envelope.data.readableBytes < bytesPerDatagram else { return makeRoom(context) }
    driver?.receive(envelope.data.readableBytesSpan, from: source)
  }

  private func makeRoom(_ context: ChannelHandlerContext) {
    driver?.noteCutOff()
    guard bytesPerDatagram < Self.maximumBytesPerDatagram else { return }
    bytesPerDatagram = Self.maximumBytesPerDatagram
    try? context.channel.syncOptions?.setOption(
      .recvAllocator, value: Self.allocator(bytesPerDatagram: Self.maximumBytesPerDatagram))
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    driver?.finishBurst()
  }

  func channelInactive(context: ChannelHandlerContext) {
    driver?.socketClosed(family)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // An error that the system reports about an earlier datagram. The channel closes itself when it cannot go on.
  }
}
