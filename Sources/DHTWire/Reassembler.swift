import DHTCollections
public import DHTModel

/// Puts values together that arrive in parts. (wire.md §7.2)
///
/// A reassembly is known by the address and the transaction of its message. Parts may come in any order, twice, and,
/// where the caller allows, before their message. Memory follows the bytes that arrived, never those announced.
/// Half of it is kept for what we asked for, so that strangers cannot shut out the replies that we wait for.
public struct Reassembler: Sendable {
  /// What became of a message that announces parts.
  public enum Opened: Hashable, Sendable {
    /// All its values are there: those of the message first, then those of parts.
    case complete(Message)
    /// Parts are awaited.
    case pending
    /// A reassembly of that name is open; it goes on.
    case duplicate
    /// A limit is reached, or nothing that arrived early is a value: the message is dropped.
    case refused
  }

  /// What became of a part.
  public enum Added: Hashable, Sendable {
    /// The last missing bytes: the message with all its values.
    case complete(Message)
    /// More is awaited.
    case pending
    /// Kept until its message comes.
    case early
    /// No reassembly is open for it.
    case unknown
    /// A limit is reached, or what was put together is no value.
    case refused
  }

  /// A message whose parts did not all arrive in time.
  public struct Expired: Hashable, Sendable {
    /// The message with the values that did complete.
    public var message: Message
    /// Values that did not.
    public var missing: Int
    /// Who sent it.
    public var source: SocketAddress
  }

  private struct Name: Hashable, Sendable {
    var source: SocketAddress
    var transaction: TransactionID
  }

  /// Bytes that all unfinished reassemblies may take together, bookkeeping included.
  public let byteLimit: Int
  /// Reassemblies that one `IPAddress.quotaPrefix` may have open.
  public let limitPerAddress: Int
  /// Bytes that all unfinished reassemblies take, bookkeeping included.
  public private(set) var byteCount = 0
  /// Reassemblies that are open, those of early parts included.
  public var count: Int { open.count }

  private var open: [Name: Reassembly] = [:]
  private var usage: [IPAddress: Usage] = [:]
  private var nextNumber: UInt64 = 0
  // One entry each, put back when its deadline has moved on; those of reassemblies that ended are stale.
  private var deadlines = DeadlineQueue<(name: Name, number: UInt64)>()
  // Bytes of what nobody asked for, within `byteCount`.
  private var strangerBytes = 0

  private struct Usage {
    var count = 0
    var bytes = 0
    var strangerBytes = 0
  }

  /// No reassemblies.
  /// - Parameters:
  ///   - bytes: Limit for all together; what nobody asked for gets half of it. One address gets at most half of
  ///     either, so that none can lock out the others.
  ///   - perAddress: Limit of open reassemblies for one `IPAddress.quotaPrefix`.
  public init(bytes: Int, perAddress: Int) {
    byteLimit = bytes
    limitPerAddress = perAddress
  }

  /// When `expire` has something to do, or a little earlier; nil when nothing is open.
  public var nextDeadline: Instant? { open.isEmpty ? nil : deadlines.nextDeadline }

  /// Whether parts of this name are awaited, or were kept early.
  public func isOpen(transaction: TransactionID, from source: SocketAddress) -> Bool {
    open[Name(source: source, transaction: transaction)] != nil
  }

  /// Takes a message whose value list announces sizes; any other message is complete as it is.
  /// - Parameter isAwaited: Whether we asked this address for it.
  public mutating func open(
    _ message: Message, from source: SocketAddress, now: Instant, isAwaited: Bool = false
  ) -> Opened {
    guard let sizes = message.body.values?.announced, !sizes.isEmpty else { return .complete(message) }
    let name = Name(source: source, transaction: message.transaction)
    guard var reassembly = open.removeValue(forKey: name) ?? begin(name, isAwaited, now: now) else { return .refused }
    guard !reassembly.hasMessage else {
      open[name] = reassembly
      return .duplicate
    }
    let before = reassembly.bytes
    reassembly.start(message, now: now)
    guard charge(name, reassembly.bytes - before, isAwaited: reassembly.isAwaited) else {
      forget(name, reassembly)
      return .refused
    }
    guard reassembly.isComplete else {
      keep(reassembly, as: name)
      return .pending
    }
    forget(name, reassembly)
    return reassembly.finished().map(Opened.complete) ?? .refused
  }

  /// Takes a part.
  /// - Parameter allowsEarly: Whether to keep a part whose message has not come: true when something is awaited from
  ///   this address under this transaction.
  /// - Parameter isAwaited: Whether we asked this address for it.
  public mutating func add(
    _ part: Part, transaction: TransactionID, from source: SocketAddress, now: Instant, allowsEarly: Bool,
    isAwaited: Bool = false
  ) -> Added {
    let name = Name(source: source, transaction: transaction)
    guard open[name] != nil || allowsEarly else { return .unknown }
    guard var reassembly = open.removeValue(forKey: name) ?? begin(name, isAwaited, now: now) else { return .refused }
    let before = reassembly.bytes
    var isKept = true
    if reassembly.hasMessage {
      reassembly.add(part, now: now)
    } else {
      isKept = reassembly.addEarly(part, now: now)
    }
    guard isKept, charge(name, reassembly.bytes - before, isAwaited: reassembly.isAwaited) else {
      forget(name, reassembly)
      return .refused
    }
    guard reassembly.isComplete else {
      keep(reassembly, as: name)
      return reassembly.hasMessage ? .pending : .early
    }
    forget(name, reassembly)
    return reassembly.finished().map(Added.complete) ?? .refused
  }

  /// Gives up what waited too long: 3 s after the last useful part, or 10 s in all. The oldest comes first.
  public mutating func expire(now: Instant) -> [Expired] {
    var late: [(name: Name, reassembly: Reassembly)] = []
    while let entry = deadlines.popDue(now) {
      guard let reassembly = open[entry.name], reassembly.number == entry.number else { continue }
      if reassembly.deadline <= now {
        late.append((entry.name, reassembly))
        open[entry.name] = nil
      } else {
        deadlines.push(entry, at: reassembly.deadline)
      }
    }
    late.sort { $0.reassembly.number < $1.reassembly.number }
    return late.compactMap { name, reassembly in
      forget(name, reassembly)
      return reassembly.partial().map { Expired(message: $0.message, missing: $0.missing, source: name.source) }
    }
  }
}

extension Reassembler {
  // Nil when the address has too many open, or no byte is left.
  private mutating func begin(_ name: Name, _ isAwaited: Bool, now: Instant) -> Reassembly? {
    let prefix = name.source.ip.quotaPrefix
    guard usage[prefix, default: Usage()].count < limitPerAddress else { return nil }
    let reassembly = Reassembly(number: nextNumber, isAwaited: isAwaited, now: now)
    nextNumber += 1
    usage[prefix, default: Usage()].count += 1
    guard charge(name, reassembly.bytes, isAwaited: isAwaited) else {
      forget(name, reassembly)
      return nil
    }
    deadlines.push((name, reassembly.number), at: reassembly.deadline)
    if deadlines.count > 2 * open.count + 64 {
      let open = open
      deadlines.removeAll { $0.number != reassembly.number && open[$0.name]?.number != $0.number }
    }
    return reassembly
  }

  private mutating func keep(_ reassembly: Reassembly, as name: Name) {
    open[name] = reassembly
  }

  // The whole charge is booked even when it is refused: who was refused is forgotten next, with all that is booked.
  private mutating func charge(_ name: Name, _ bytes: Int, isAwaited: Bool) -> Bool {
    let prefix = name.source.ip.quotaPrefix
    var use = usage[prefix, default: Usage()]
    byteCount += bytes
    use.bytes += bytes
    if !isAwaited {
      strangerBytes += bytes
      use.strangerBytes += bytes
    }
    usage[prefix] = use
    guard byteCount <= byteLimit, use.bytes <= byteLimit / 2 else { return false }
    return isAwaited || strangerBytes <= byteLimit / 2 && use.strangerBytes <= byteLimit / 4
  }

  private mutating func forget(_ name: Name, _ reassembly: Reassembly) {
    let prefix = name.source.ip.quotaPrefix
    byteCount -= reassembly.bytes
    guard var use = usage[prefix] else { return }
    use.count -= 1
    use.bytes -= reassembly.bytes
    if !reassembly.isAwaited {
      strangerBytes -= reassembly.bytes
      use.strangerBytes -= reassembly.bytes
    }
    usage[prefix] = use.count == 0 ? nil : use
  }
}
