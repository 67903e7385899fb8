import DHTModel

/// One message and the parts of its values, in any order. (wire.md §7.2)
struct Reassembly: Sendable {
  /// Grows from one reassembly to the next; gives them an order that does not depend on hashing.
  let number: UInt64
  /// Whether we asked for what it brings; it then has the half of the room that is kept for this.
  let isAwaited: Bool
  private let began: Instant
  private var lastUseful: Instant
  // Nil while only early parts are there.
  private var message: Message?
  private var places: [Place] = []
  private var missing = 0
  private var early: [Part] = []
  private var earlyBytes = 0
  /// What it takes in memory, in bytes, as far as a sender can drive it.
  private(set) var bytes = Self.ownBytes

  // Rough sizes of what is kept beside the bytes of parts.
  private static let ownBytes = 512
  private static let placeBytes = 128
  private static let pieceBytes = 64

  init(number: UInt64, isAwaited: Bool, now: Instant) {
    self.isAwaited = isAwaited
    self.number = number
    began = now
    lastUseful = now
  }

  /// Whether its message has come.
  var hasMessage: Bool { message != nil }
  /// Whether the message has come, and no value is missing.
  var isComplete: Bool { message != nil && missing == 0 }
  /// When it is given up.
  var deadline: Instant { min(lastUseful + WireLimits.partPause, began + WireLimits.reassemblyTime) }

  /// Takes the message, and then the parts that came before it.
  mutating func start(_ message: Message, now: Instant) {
    var list = message.body.values ?? ValueList()
    let sizes = list.announced
    list.announced = []  // the places take over
    self.message = message
    self.message?.body.setValues(list)
    places = sizes.map { $0.map { .open(ValueAssembly(size: $0)) } ?? .refused }
    missing = sizes.count { $0 != nil }
    lastUseful = now
    bytes += places.count * Self.placeBytes + list.values.reduce(0) { $0 + $1.size + 128 }
    let kept = early
    bytes -= Self.bytes(of: kept)
    early = []
    for part in kept { add(part, now: now) }
  }

  /// Keeps a part until its message comes; false when there are too many.
  mutating func addEarly(_ part: Part, now: Instant) -> Bool {
    earlyBytes += part.pieces.reduce(0) { $0 + $1.bytes.count }
    guard early.count < WireLimits.earlyPartCount, earlyBytes <= WireLimits.earlyPartBytes else { return false }
    early.append(part)
    bytes += Self.bytes(of: [part])
    lastUseful = now
    return true
  }

  /// Takes the pieces of a part that are new. Those that are not are ignored.
  mutating func add(_ part: Part, now: Instant) {
    for piece in part.pieces where places.indices.contains(piece.index) {
      guard case .open(var assembly) = places[piece.index] else { continue }
      places[piece.index] = .refused  // moved out, so that appending does not copy
      let isUseful = assembly.add(piece.bytes, at: piece.offset)
      if isUseful {
        lastUseful = now
        bytes += piece.bytes.count + Self.pieceBytes
      }
      if assembly.isComplete {
        places[piece.index] = .done(try? Value(unpacking: assembly.head.span.bytes))
        missing -= 1
      } else {
        places[piece.index] = .open(assembly)
      }
    }
  }

  /// The message with all its values; nil for a request none of whose values can be read.
  func finished() -> Message? {
    guard let (message, _) = partial() else { return nil }
    if case .request = message.body, message.body.values?.values.isEmpty ?? true { return nil }
    return message
  }

  /// The message with the values that are there, inline ones first, and how many are not.
  func partial() -> (message: Message, missing: Int)? {
    guard var message, var list = message.body.values else { return nil }
    for case .done(let value?) in places { list.values.append(value) }
    message.body.setValues(list)
    return (message, missing)
  }

  private static func bytes(of parts: [Part]) -> Int {
    parts.reduce(0) { sum, part in
      part.pieces.reduce(sum + pieceBytes) { $0 + $1.bytes.count + pieceBytes }
    }
  }

  private enum Place: Sendable {
    case open(ValueAssembly)
    /// Nil when what arrived is no value.
    case done(Value?)
    case refused
  }
}

extension Message.Body {
  fileprivate mutating func setValues(_ values: ValueList) {
    switch self {
    case .request(let sender, .put(var put)):
      put.values = values
      self = .request(sender: sender, .put(put))
    case .request(let sender, .update(var update)):
      update.values = values
      self = .request(sender: sender, .update(update))
    case .reply(let sender, var reply):
      reply.values = values
      self = .reply(sender: sender, reply)
    case .request, .failure, .legacyPush, .part: break
    }
  }
}
