internal import HummingbirdCore
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
internal import NIOPosix

/// A port that accepts connections, as a server of Hummingbird that runs in a task of its own.
struct ListeningPort: Sendable {
  let port: Int
  let isSecure: Bool
  private let server: Server<ProxyChannel>
  private let task: Task<Void, Never>

  /// Opens a port, and returns when it accepts connections.
  static func open(
    address: String, port: Int, _ channel: ProxyChannel, _ group: any EventLoopGroup, _ logger: Logger?
  ) async throws(ProxyServerError) -> ListeningPort {
    let opened = NIOLockedValueBox<CheckedContinuation<Result<Int, ProxyServerError>, Never>?>(nil)
    let report: @Sendable (Result<Int, ProxyServerError>) -> Void = { result in
      let continuation = opened.withLockedValue { continuation in
        defer { continuation = nil }
        return continuation
      }
      continuation?.resume(returning: result)
    }
    let server = Server(
      childChannelSetup: channel,
      // Connections that wait to be accepted: a burst of clients after a restart.
      configuration: ServerConfiguration(address: .hostname(address, port: port), backlog: 4096),
      onServerRunning: { channel in report(.success(channel.localAddress?.port ?? port)) },
      eventLoopGroup: group, logger: logger ?? Logger(label: "proxy") { _ in SwiftLogNoOpLogHandler() })
    let running = NIOLockedValueBox<Task<Void, Never>?>(nil)
    let result = await withCheckedContinuation { continuation in
      opened.withLockedValue { $0 = continuation }
      let task = Task {
        do {
          try await server.run()
        } catch {
          report(.failure(ProxyServerError(opening: port, error)))
        }
      }
      running.withLockedValue { $0 = task }
    }
    let bound = try result.get()
    guard let task = running.withLockedValue({ $0 }) else { throw .cannotBind("it was stopped") }
    return ListeningPort(port: bound, isSecure: channel.tls != nil, server: server, task: task)
  }

  /// Accepts no more, and tells connections to end.
  func beginStopping() {
    let server = server
    // Ends with the last connection, which `waitUntilStopped` waits for.
    Task { try? await server.shutdownGracefully() }
  }

  /// Returns when every connection has ended.
  func waitUntilStopped() async { await task.value }
}

extension ProxyServerError {
  init(opening port: Int, _ error: any Error) {
    if let error = error as? IOError, error.errnoCode == EADDRINUSE {
      self = .portInUse(port)
    } else {
      self = .cannotBind("\(error)")
    }
  }
}
