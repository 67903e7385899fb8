import DHTModel
import DHTWire

/// What all parts of a node share while they work on one input: its id and settings, the time, randomness,
/// and what goes out.
struct Context {
  let id: NodeID
  let configuration: Configuration
  var random: RandomSource
  /// Time of the input that is worked on.
  var now: Instant
  var outbox: Outbox
  var counters = Counters()
  /// Addresses that we do not speak with for a while.
  var blacklist: Blacklist
  /// Wall time minus monotonic time, in nanoseconds.
  private var wallOffset: Int64 = 0

  init(id: NodeID, configuration: Configuration, random: RandomSource, now: Instant) {
    self.id = id
    self.configuration = configuration
    self.random = random
    self.now = now
    outbox = Outbox(limits: configuration.limits)
    blacklist = Blacklist(limits: configuration.limits)
  }

  mutating func setWallTime(_ wallTime: WallTime) {
    wallOffset = wallTime.nanoseconds.subtractingReportingOverflow(now.nanoseconds).partialValue
  }

  /// The date of a moment.
  func wallTime(of instant: Instant) -> WallTime {
    WallTime(nanoseconds: instant.nanoseconds.addingReportingOverflow(wallOffset).partialValue)
  }

  /// The moment of a date that a peer gave, never after now: clocks differ.
  func instant(of wallTime: WallTime?) -> Instant {
    guard let wallTime else { return now }
    let (nanoseconds, overflow) = wallTime.nanoseconds.subtractingReportingOverflow(wallOffset)
    if overflow { return wallTime.nanoseconds < 0 ? .distantPast : now }
    return min(max(Instant(nanoseconds: nanoseconds), .distantPast), now)
  }

  func message(_ transaction: TransactionID, _ body: Message.Body) -> Message {
    Message(
      network: configuration.network, transaction: transaction, isClient: configuration.isClient, body: body)
  }
}
