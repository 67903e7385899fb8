internal import DHTModel
internal import NIOCore

/// The receiving half of one UDP socket: hands each datagram of a burst to the driver, then lets it answer once.
final class DatagramHandler: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// Datagrams read by one system call, and calls before the other sockets of the loop have their turn (SwiftNIO's
  /// default). More gain little: 8 took 4.2 µs each at a full load, 32 took 4.0.
  static let datagramsPerRead = 8
  /// Room for the longest datagram there is. Peers send up to 1500 bytes, and may send more (wire.md §1), so nothing is
  /// cut off. Costs address space, not memory: pages that no datagram touches are never there.
  static let bytesPerDatagram = 65536

  private let family: AddressFamily
  private weak var driver: NodeDriver?

  init(family: AddressFamily, driver: NodeDriver) {
    self.family = family
    self.driver = driver
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    guard let source = Address(envelope.remoteAddress) else { return }
    driver?.receive(envelope.data.readableBytesSpan, from: source)
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
