internal import DHTModel
internal import NIOCore

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Has the system ask a silent peer whether it is there, so that a link that died without a word is noticed also where
/// the server sends no heartbeat.
enum KeepAlive {
  /// Between two questions, in seconds.
  private static let interval: CInt = 10
  /// Unanswered questions that close the connection.
  private static let count: CInt = 3

  /// What the system does not know is left as it is.
  @Sendable static func enable(_ channel: any Channel, after idle: Duration) -> EventLoopFuture<Void> {
    let seconds = CInt(clamping: max(1, idle.components.seconds))
    #if canImport(Darwin)
      let idleOption = TCP_KEEPALIVE
    #else
      let idleOption = TCP_KEEPIDLE
    #endif
    let options = [(idleOption, seconds), (TCP_KEEPINTVL, interval), (TCP_KEEPCNT, count)]
    let all =
      [channel.setOption(.socketOption(.so_keepalive), value: 1)]
      + options.map { name, value in
        channel.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: CInt(name))), value: SocketOptionValue(value))
      }
    return EventLoopFuture.andAllComplete(all, on: channel.eventLoop)
  }
}
