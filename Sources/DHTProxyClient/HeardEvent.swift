internal import DHTModel
internal import DHTProxyMessages
internal import DHTTransport

/// An event of a stream as the application is to see it: verified and opened.
enum HeardEvent: Sendable {
  case value(Value)
  case expired(Value.ID)
  /// Badly signed, or encrypted for somebody else.
  case refused

  /// Verifies and opens what is sealed, away from the loop; in order.
  static func open(_ events: [ValueStream.Event], _ opener: ValueOpener) async -> [HeardEvent] {
    let isSealed = events.contains { if case .value(let value) = $0 { value.isSealed } else { false } }
    guard isSealed else { return events.map { Self($0, opener) } }
    return await WorkThreads.openings.value { events.map { Self($0, opener) } }
  }

  private init(_ event: ValueStream.Event, _ opener: ValueOpener) {
    switch event {
    case .expired(let value): self = .expired(value.id)
    case .value(let value) where !value.isSealed: self = .value(value)
    case .value(let value):
      if case .opened(let opened) = opener.open(value) { self = .value(opened) } else { self = .refused }
    }
  }
}
