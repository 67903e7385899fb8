internal import DHTModel
internal import DHTProxyMessages
internal import DHTSecurity
internal import NIOCore
internal import OpenDHT

/// A line of a listen, written once for all who hear it.
struct WatchLine: Sendable {
  /// As a chunk, for HTTP/1.
  let chunk: ByteBuffer
  /// Without its size: the same memory.
  let plain: ByteBuffer

  init(_ bytes: [UInt8]) {
    var chunk = ByteBuffer()
    chunk.reserveCapacity(bytes.count + Self.sizeBytes)
    chunk.writeChunk(bytes)
    self.chunk = chunk
    plain = chunk.getSlice(at: chunk.writerIndex - 2 - bytes.count, length: bytes.count) ?? ByteBuffer(bytes: bytes)
  }

  /// What the size of a chunk and its line ends take.
  private static let sizeBytes = 12

  /// Tells whether the client lives; every client skips it. (proxy.md §7.5)
  static let heartbeat = WatchLine([UInt8(ascii: " ")])
}

/// A change of a value, as it is told to those who listen.
struct WatchEvent: Sendable {
  enum Kind: Sendable { case added, updated, expired }

  let id: Value.ID
  let kind: Kind
  let line: WatchLine
  /// What filters look at.
  let fields: ValueFields

  init(kind: Kind, line: WatchLine, fields: ValueFields) {
    id = fields.id
    self.kind = kind
    self.line = line
    self.fields = fields
  }

  /// Writes a change down.
  init(_ change: ListenChange, for release: PeerRelease) {
    switch change {
    case .added(let value): self.init(value, .added, value.jsonLine(for: release))
    case .updated(let value): self.init(value, .updated, value.jsonLine(for: release))
    case .expired(let value): self.init(value, .expired, value.expiryLine(for: release))
    }
  }

  private init(_ value: Value, _ kind: Kind, _ line: [UInt8]) {
    self.init(kind: kind, line: WatchLine(line), fields: ValueFields(value, ownerID: publicKeyID))
  }

  /// The value as JSON, without the line's end.
  var json: ByteBuffer {
    let bytes = line.plain
    return bytes.getSlice(at: bytes.readerIndex, length: bytes.readableBytes - 1) ?? bytes
  }

  /// The same for somebody who never heard of the value.
  var asAdded: WatchEvent { WatchEvent(kind: .added, line: line, fields: fields) }
}

/// Who hears of the changes of a key; on one event loop.
protocol WatchSubscriber: AnyObject {
  /// Whether it counts as a listen of a client.
  var isListen: Bool { get }
  /// Changes, in order.
  func take(_ events: [WatchEvent])
}

extension WatchSubscriber {
  var isListen: Bool { true }
}
