import DHTCore
import DHTModel
import DHTTransport
import NIOCore
import NIOPosix

/// Datagrams that come to a socket of SwiftNIO and are answered: by a driver with its node, and by a bare handler that
/// sends the answer straight to the system as the driver does. What the driver has more is ours.
struct SocketPaths {
  /// Datagrams in flight: one read of the driver takes as many.
  private static let burst = 8
  private static let warmUpBursts = 500
  /// Bursts counted together, and how often. The least counts: on a busy machine a burst is read in pieces, which costs
  /// more, and says nothing of the code.
  private static let bursts = 50
  private static let rounds = 40

  private let counter: AllocationCounter
  private let loop = MultiThreadedEventLoopGroup.singleton.next()

  init(_ counter: AllocationCounter) { self.counter = counter }

  /// Names, and allocations per datagram.
  func measure() throws -> [(String, Double)] {
    let driver = try startDriver()
    let ours = try perDatagram(answeredAt: driver.port)
    try loop.submit { driver.bound.value.stop {} }.wait()
    let bare = try startBareEcho()
    let theirs = try perDatagram(answeredAt: bare.port)
    try bare.channel.close().wait()
    return [
      ("ping to reply through a socket", ours), ("an echo of SwiftNIO alone", theirs),
      ("ping to reply through a socket, without SwiftNIO's share", max(0, ours - theirs)),
    ]
  }

  private func perDatagram(answeredAt port: UInt16) throws -> Double {
    let peer = try PlainSocket()
    let ping = Datagrams.bytes(Datagrams.ping)
    for _ in 0..<Self.warmUpBursts { try peer.exchange(ping, Self.burst, with: port) }
    var least = UInt64.max
    for _ in 0..<Self.rounds {
      let before = counter.count
      for _ in 0..<Self.bursts { try peer.exchange(ping, Self.burst, with: port) }
      least = min(least, counter.count - before)
    }
    return Double(least) / Double(Self.bursts * Self.burst)
  }
}

extension SocketPaths {
  private final class Deaf: NodeDriverDelegate {
    func handle(_ event: Event) {}
    func couldNotResolve(_ host: Host) {}
    func socketDied(_ family: AddressFamily) {}
    func socketReopened(_ family: AddressFamily) {}
    func minutePassed() {}
  }

  private func startDriver() throws -> (bound: NIOLoopBound<NodeDriver>, port: UInt16) {
    let loop = loop
    return try loop.flatSubmit {
      var configuration = Configuration()
      configuration.families = [.ipv4]
      configuration.limits.requestsPerSecond = nil
      configuration.limits.requestsPerSecondAndAddress = nil
      let started = loop.makePromise(of: (bound: NIOLoopBound<NodeDriver>, port: UInt16).self)
      NodeDriver.start(
        configuration, TransportConfiguration(ipv4: PlainSocket.loopback), on: loop, delegate: Deaf()
      ) { result in
        switch result {
        case .success(let driver): started.succeed((NIOLoopBound(driver, eventLoop: loop), driver.port(.ipv4) ?? 0))
        case .failure(let error): started.fail(error)
        }
      }
      return started.futureResult
    }.wait()
  }

  /// Reads as the driver does (`DatagramHandler`), and sends back what it read without a copy.
  private final class Echo: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let envelope = unwrapInboundIn(data)
      envelope.data.withUnsafeReadableBytes { bytes in
        envelope.remoteAddress.withSockAddr { address, length in
          PlainSocket.send(bytes, address, UInt32(length), descriptor)
        }
      }
    }
  }

  private func startBareEcho() throws -> (channel: any Channel, port: UInt16) {
    let socket = try PlainSocket(blocking: false)
    let port = socket.port
    let descriptor = socket.release()
    let channel = try DatagramBootstrap(group: loop)
      .channelOption(.datagramVectorReadMessageCount, value: Self.burst)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.burst * 2048))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo(descriptor)) }
      }
      .withBoundSocket(descriptor).wait()
    return (channel, port)
  }
}
