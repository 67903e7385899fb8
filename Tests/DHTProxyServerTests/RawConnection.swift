import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A TCP connection that sends what it is told, and keeps all that comes.
final class RawConnection: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var isClosed = false
  }
  private let state: NIOLockedValueBox<State>
  private let channel: any Channel

  /// Connects to this machine.
  init(port: Int, reads: Bool = true) async throws {
    let state = NIOLockedValueBox(State())
    self.state = state
    channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .channelOption(.autoRead, value: reads)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Collector(state)) }
      }
      .connect(host: "127.0.0.1", port: port).get()
  }

  func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
  func send(_ text: String) { send(Array(text.utf8)) }
  func shutDownSending() async { try? await channel.close(mode: .output) }
  func close() async { try? await channel.close() }

  var bytes: [UInt8] { state.withLockedValue { $0.bytes } }
  var answers: [HTTPAnswer] { HTTPAnswer.all(in: bytes) }
  /// The server has ended its side.
  var isClosed: Bool { state.withLockedValue { $0.isClosed } }

  /// Waits until something holds of what has come, at most some seconds; whether it does.
  func wait(seconds: Double = 5, until isEnough: @Sendable (RawConnection) -> Bool) async -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isEnough(self) { return true }
      try? await Task.sleep(for: .milliseconds(3))
    }
    return isEnough(self)
  }

  /// One request, and its whole answer.
  static func ask(_ text: String, port: Int, seconds: Double = 10) async throws -> HTTPAnswer? {
    let connection = try await RawConnection(port: port)
    connection.send(text)
    _ = await connection.wait(seconds: seconds) { $0.isClosed || $0.answers.first?.isComplete == true }
    await connection.close()
    return connection.answers.first
  }

  /// Sends something and resets the connection at once: often the server has not accepted it by then.
  static func sendAndReset(_ text: String, port: Int) async throws {
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port).get()
    try await (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
    try await channel.writeAndFlush(ByteBuffer(string: text))
    try? await channel.close()
  }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let state: NIOLockedValueBox<State>
    init(_ state: NIOLockedValueBox<State>) { self.state = state }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      state.withLockedValue { $0.bytes += unwrapInboundIn(data).readableBytesView }
    }
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      if case ChannelEvent.inputClosed = event { state.withLockedValue { $0.isClosed = true } }
    }
    func channelInactive(context: ChannelHandlerContext) { state.withLockedValue { $0.isClosed = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
