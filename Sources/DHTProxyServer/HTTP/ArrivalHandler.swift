internal import NIOCore

/// Tells a connection that bytes came, before they are decoded: a head that comes slowly is seen by its time only.
final class ArrivalHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: ConnectionHandler

  init(_ connection: ConnectionHandler) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    connection.bytesCame(unwrapInboundIn(data).readableBytes)
    context.fireChannelRead(data)
  }
}
