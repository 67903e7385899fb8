import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A server that answers as a test says, byte by byte: it can cut, stall, and break every rule.
final class ScriptedServer: Sendable {
  struct Request: Sendable {
    let method: String
    let path: String
    let head: String
    let body: String
  }

  /// One connection, as the script sees it.
  struct Connection: Sendable {
    let id: ObjectIdentifier
    fileprivate let channel: any Channel

    func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
    /// A chunk of a chunked answer.
    func chunk(_ text: String) { send(String(text.utf8.count, radix: 16, uppercase: true) + "\r\n" + text + "\r\n") }
    func beginChunked() {
      send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    }
    func answer(_ status: Int = 200, _ body: String) {
      send("HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
    func close() { channel.close(promise: nil) }
    func reset() {
      guard let socket = channel as? any SocketOptionProvider else { return }
      socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
    }
    func later(_ delay: TimeAmount, _ work: @escaping @Sendable () -> Void) {
      channel.eventLoop.scheduleTask(in: delay, work)
    }
  }

  typealias Script = @Sendable (Request, Connection) -> Void

  private struct State {
    var requests: [Request] = []
    var times: [ContinuousClock.Instant] = []
    var accepts: [ContinuousClock.Instant] = []
    var open: [ObjectIdentifier: any Channel] = [:]
  }

  private let state = NIOLockedValueBox(State())
  private let channel: any Channel
  let port: Int

  private init(_ channel: any Channel, _ state: NIOLockedValueBox<State>) {
    self.channel = channel
    port = channel.localAddress?.port ?? 0
  }

  /// Starts on a port of 127.0.0.1; 0 for any.
  @discardableResult
  static func run<Result>(
    port: Int = 0, tls: NIOSSLContext? = nil, _ script: @escaping Script,
    _ body: (ScriptedServer) async throws -> Result
  ) async throws -> Result {
    let server = try await start(port: port, tls: tls, script)
    do {
      let result = try await body(server)
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }

  static func start(
    port: Int = 0, tls: NIOSSLContext? = nil, _ script: @escaping Script
  ) async throws -> ScriptedServer {
    let box = NIOLockedValueBox<ScriptedServer?>(nil)
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handler = Handler { request, connection in
            box.withLockedValue { $0 }?.note(request)
            script(request, connection)
          }
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(handler)
          box.withLockedValue { $0 }?.opened(channel)
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    let server = ScriptedServer(channel, NIOLockedValueBox(State()))
    box.withLockedValue { $0 = server }
    return server
  }

  func stop() async {
    try? await channel.close()
    for channel in state.withLockedValue({ Array($0.open.values) }) { try? await channel.close() }
  }

  private func note(_ request: Request) {
    state.withLockedValue {
      $0.requests.append(request)
      $0.times.append(.now)
    }
  }

  private func opened(_ channel: any Channel) {
    state.withLockedValue {
      $0.accepts.append(.now)
      $0.open[ObjectIdentifier(channel)] = channel
    }
    channel.closeFuture.whenComplete { _ in
      self.state.withLockedValue { $0.open[ObjectIdentifier(channel)] = nil }
    }
  }

  var requests: [Request] { state.withLockedValue { $0.requests } }
  var openConnections: Int { state.withLockedValue { $0.open.count } }
  var accepts: [ContinuousClock.Instant] { state.withLockedValue { $0.accepts } }
  func times(of path: String) -> [ContinuousClock.Instant] {
    state.withLockedValue { state in zip(state.requests, state.times).filter { $0.0.path == path }.map(\.1) }
  }
  func count(_ method: String, _ path: String) -> Int { requests.count { $0.method == method && $0.path == path } }
}

/// Waits until something is so; false when it is not within the time.
func eventually(within limit: Duration = .seconds(40), _ isSo: () async -> Bool) async -> Bool {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if await isSo() { return true }
    try? await Task.sleep(for: .milliseconds(10))
  }
  return await isSo()
}

private final class Handler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private var bytes = ""
  private let script: ScriptedServer.Script

  init(_ script: @escaping ScriptedServer.Script) { self.script = script }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes += String(buffer: unwrapInboundIn(data))
    while let end = bytes.firstRange(of: "\r\n\r\n") {
      let head = String(bytes[..<end.lowerBound])
      let length =
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) } ?? 0
      let rest = bytes[end.upperBound...]
      guard rest.utf8.count >= length else { return }
      let body = String(decoding: rest.utf8.prefix(length), as: UTF8.self)
      bytes = String(decoding: rest.utf8.dropFirst(length), as: UTF8.self)
      let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
      script(
        ScriptedServer.Request(
          method: words.first.map(String.init) ?? "", path: words.count > 1 ? String(words[1]) : "", head: head,
          body: body),
        ScriptedServer.Connection(id: ObjectIdentifier(context.channel), channel: context.channel))
    }
  }
}
