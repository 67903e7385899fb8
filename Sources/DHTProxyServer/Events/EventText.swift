internal import DHTModel
internal import NIOCore

/// Events as `text/event-stream` has them: each ends with an empty line.
///
///     event: value
///     id: 4f1d0c9a7be25512-1b3-9c2e11d80a6f7702
///     data: {"key":"0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33","value":{"data":"aGVsbG8=","id":"7","type":0}}
enum EventText {
  static let contentType = "text/event-stream"
  /// A comment, which readers skip; it shows that the connection lives.
  static let heartbeat = ":\n\n"

  /// The first event: how the stream is named, and whether it goes on where the reader was.
  static func opening(stream: String, keys: Int, isResumed: Bool, into buffer: inout ByteBuffer) {
    // Browsers come back after that many milliseconds; a moment, so that a restarted server is not met by all at once.
    buffer.writeString("retry: 2000\nevent: stream\ndata: {\"stream\":\"\(stream)\",\"keys\":\(keys),")
    buffer.writeString("\"resumed\":\(isResumed)}\n\n")
  }

  static func write(_ event: EventBacklog.Event, position: EventPosition?, into buffer: inout ByteBuffer) {
    buffer.writeString("event: \(event.kind.name)\n")
    if let position { buffer.writeString("id: \(position)\n") }
    buffer.writeString("data: {\"key\":\"\(event.key)\"")
    switch event.kind {
    case .initial(let isComplete): buffer.writeString(",\"complete\":\(isComplete)")
    case .reset: break
    case .value(let json), .expired(let json):
      buffer.writeString(",\"value\":")
      buffer.writeImmutableBuffer(json)
    }
    buffer.writeString("}\n\n")
  }
}

extension EventBacklog.Kind {
  fileprivate var name: String {
    switch self {
    case .initial: "initial"
    case .reset: "reset"
    case .value: "value"
    case .expired: "expired"
    }
  }
}
