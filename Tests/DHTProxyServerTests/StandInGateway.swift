import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// Stands in for a push gateway, or an endpoint of UnifiedPush: records what arrives, and answers as it is told.
final class StandInGateway: Sendable {
  struct Request: Sendable {
    /// The first line and the headers, as they came.
    let head: [String]
    let body: String
  }
  /// Status and body; nil for no answer at all.
  typealias Answer = @Sendable (Request) -> (status: Int, body: String)?

  private struct State {
    var requests: [Request] = []
    var connections = 0
    var open: [any Channel] = []
    var server: (any Channel)?
  }
  private let state = NIOLockedValueBox(State())
  private let answer: Answer

  init(answer: @escaping Answer = { _ in (200, #"{"counts":1,"logs":[],"success":"ok"}"#) }) { self.answer = answer }

  var requests: [Request] { state.withLockedValue { $0.requests } }
  var connections: Int { state.withLockedValue { $0.connections } }

  /// Listens on loopback, and returns the port.
  @discardableResult
  func start(port: Int = 0, tls: NIOSSLContext? = nil) async throws -> UInt16 {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        self.state.withLockedValue {
          $0.connections += 1
          $0.open.append(channel)
        }
        return channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(Handler(gateway: self))
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    state.withLockedValue { $0.server = server }
    return UInt16(server.localAddress?.port ?? 0)
  }

  /// As `kill -9`: everything is closed at once, answered or not.
  func stop() async {
    let channels = state.withLockedValue { state in
      let channels = state.open + [state.server].compactMap { $0 }
      (state.open, state.server) = ([], nil)
      return channels
    }
    for channel in channels { try? await channel.close() }
  }

  /// The requests, as soon as there are so many; those that came within five seconds else.
  func requests(_ count: Int) async -> [Request] {
    for _ in 0..<250 where requests.count < count { try? await Task.sleep(for: .milliseconds(20)) }
    return requests
  }

  fileprivate func take(_ request: Request) -> [UInt8]? {
    state.withLockedValue { $0.requests.append(request) }
    guard let (status, body) = answer(request) else { return nil }
    return Array(
      "HTTP/1.1 \(status) X\r\nLocation: /elsewhere\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }
}

/// Takes requests with a length off a connection.
private final class Handler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer
  private let gateway: StandInGateway
  private var bytes: [UInt8] = []

  init(gateway: StandInGateway) { self.gateway = gateway }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes += Array(buffer: unwrapInboundIn(data))
    while let request = next() {
      guard let answer = gateway.take(request) else { continue }
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
    }
  }

  private func next() -> StandInGateway.Request? {
    let mark = Array("\r\n\r\n".utf8)
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return nil }
    let head = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
    let length = head.first { $0.lowercased().hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
    guard bytes.count >= end + 4 + length else { return nil }
    let body = String(decoding: bytes[(end + 4)..<(end + 4 + length)], as: UTF8.self)
    bytes.removeFirst(end + 4 + length)
    return StandInGateway.Request(head: head, body: body)
  }
}
