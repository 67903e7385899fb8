internal import DHTModel
internal import NIOCore

/// What event streams tell: the values of their keys, and what each of their readers did not take yet. Decides; its owner
/// watches, asks and writes.
///
///     watch ──► put, remove, finishInitial ──► KeyFeed (one for each key) ──► EventBacklog (one for each stream) ──► pop
struct EventFeeds {
  /// Names a stream within the process.
  typealias StreamID = UInt64

  struct Settings {
    /// Time that a key without readers is watched on, so that who comes back after a broken connection goes on where it
    /// was. Browsers come back within seconds, phones when their network does.
    var linger: Duration = .seconds(120)
    /// Keys without readers that are watched on; beyond, those without readers for longest go.
    var mostLingering = 4_096
    /// Time that the listen may take to bring values that a get has found, before the values count as told.
    var patience: Duration = .seconds(5)
    var keysPerStream = ProxyLimits().keysPerStream
    var streamKeys = ProxyLimits().streamKeys
  }

  private struct Watch {
    var feed: KeyFeed
    var readers: Set<StreamID> = []
    /// Until when it is kept without readers.
    var lingersUntil: Instant?
    /// Values that a get found, and the listen did not bring yet; nil before the get is over.
    var awaited: Set<Value.ID>?
  }
  private struct Stream {
    var filters: [Query.Filter]
    var share: KeyShare?
    var keys: Set<InfoHash> = []
    var digest: UInt64 = 0
    var backlog = EventBacklog()
  }

  private let run: UInt64
  private let settings: Settings
  private var sequence: UInt64 = 1
  private var watches: [InfoHash: Watch] = [:]
  private var streams: [StreamID: Stream] = [:]
  private(set) var keyCount = 0
  // Keys of the streams of each client that has any.
  private var held: [Client: Int] = [:]
  // Both in the order of their times; entries whose time was changed since are skipped.
  private var lingering = CircularBuffer<(key: InfoHash, until: Instant)>()
  private var lingeringCount = 0
  private var patience = CircularBuffer<(key: InfoHash, until: Instant)>()

  /// - Parameter run: A number drawn at random; positions of another run are not understood.
  init(run: UInt64, _ settings: Settings = Settings()) {
    self.run = run
    self.settings = settings
  }

  var streamCount: Int { streams.count }
  var watchCount: Int { watches.count }
}

// What readers do.
extension EventFeeds {
  struct Opening: Equatable {
    /// Whether it goes on where its reader was.
    var isResumed: Bool
    /// Keys to watch, and to ask for.
    var watch: [InfoHash]
  }

  /// Whose keys they are, and how many its streams may have together.
  struct KeyShare {
    var client: Client
    var most: Int
  }

  private func hasRoom(for count: Int, of share: KeyShare?) -> Bool {
    guard keyCount + count <= settings.streamKeys else { return false }
    return share.map { held[$0.client, default: 0] + count <= $0.most } ?? true
  }

  private mutating func count(_ change: Int, of share: KeyShare?) {
    keyCount += change
    guard let client = share?.client else { return }
    let count = held[client, default: 0] + change
    held[client] = count > 0 ? count : nil
  }

  /// Begins a stream; nil when those of its client, or all, would have too many keys.
  mutating func open(_ id: StreamID, _ request: EventRequest, share: KeyShare? = nil) -> Opening? {
    guard hasRoom(for: request.keys.count, of: share) else { return nil }
    let digest = request.keys.reduce(UInt64(0)) { $0 ^ EventPosition.digest(of: $1) }
    var resumed: UInt64?
    if let position = request.position, position.run == run, position.keys == digest, position.sequence <= sequence {
      resumed = position.sequence
    }
    streams[id] = Stream(filters: request.filters, share: share)
    let watch = request.keys.filter { add($0, to: id, after: resumed) }
    return Opening(isResumed: resumed != nil, watch: watch)
  }

  /// Adds keys to a stream. Returns those to watch; nil when it, or all, would have too many.
  mutating func add(_ keys: [InfoHash], to id: StreamID) -> [InfoHash]? {
    guard let known = streams[id]?.keys else { return [] }
    let new = keys.filter { !known.contains($0) }
    guard known.count + new.count <= settings.keysPerStream, hasRoom(for: new.count, of: streams[id]?.share) else {
      return nil
    }
    return new.filter { add($0, to: id, after: nil) }
  }

  /// Takes keys out of a stream.
  mutating func remove(_ keys: [InfoHash], from id: StreamID, now: Instant) {
    for key in keys where streams[id]?.keys.remove(key) != nil {
      streams[id]?.digest ^= EventPosition.digest(of: key)
      streams[id]?.backlog.forget(key)
      leave(key, id, of: streams[id]?.share, now: now)
    }
  }

  /// Ends a stream.
  mutating func close(_ id: StreamID, now: Instant) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    for key in stream.keys { leave(key, id, of: stream.share, now: now) }
  }

  /// Keys of a stream; nil when there is no such stream.
  func keys(of id: StreamID) -> Int? { streams[id]?.keys.count }

  /// Takes events of a stream out, as text, until there are so many bytes; nil when none waits.
  mutating func pop(_ id: StreamID, byteCount: Int) -> ByteBuffer? {
    guard let digest = streams[id]?.digest, let first = streams[id]?.backlog.popFirst() else { return nil }
    var buffer = ByteBuffer()
    var next: EventBacklog.Event? = first
    while let event = next {
      let position = event.position.map { EventPosition(run: run, sequence: $0, keys: digest) }
      EventText.write(event, position: position, into: &buffer)
      next = buffer.readableBytes < byteCount ? streams[id]?.backlog.popFirst() : nil
    }
    return buffer
  }

  /// Whether something waits.
  func isWaiting(_ id: StreamID) -> Bool { (streams[id]?.backlog.count ?? 0) > 0 }

  /// Adds a key, with what its reader does not know. Returns whether it is new to all streams.
  private mutating func add(_ key: InfoHash, to id: StreamID, after position: UInt64?) -> Bool {
    let isNew = watches[key] == nil
    if isNew {
      // What went while nobody watched is not known: no position of before may count as one from which to go on.
      sequence += 1
      watches[key] = Watch(feed: KeyFeed(since: sequence))
    }
    if watches[key]?.lingersUntil != nil {
      watches[key]?.lingersUntil = nil
      lingeringCount -= 1
    }
    watches[key]?.readers.insert(id)
    streams[id]?.keys.insert(key)
    streams[id]?.digest ^= EventPosition.digest(of: key)
    count(1, of: streams[id]?.share)
    if let feed = watches[key]?.feed { tell(feed, of: key, to: id, after: position) }
    return isNew
  }

  private mutating func tell(_ feed: KeyFeed, of key: InfoHash, to id: StreamID, after position: UInt64?) {
    guard var stream = streams[id] else { return }
    streams[id] = nil
    defer { streams[id] = stream }
    let initial = feed.initial
    if let position, let changes = feed.changes(after: position) {
      for id in changes.gone {
        stream.backlog.remove(id, of: key, json: Self.goneJSON(id), sequence: sequence)
      }
      for entry in changes.changed {
        if entry.fields.passes(stream.filters) {
          stream.backlog.put(entry.fields.id, of: key, json: entry.json, isNew: false, sequence: sequence)
        } else if !stream.filters.isEmpty {
          // It may have passed before it changed.
          let id = entry.fields.id
          stream.backlog.remove(id, of: key, json: Self.goneJSON(id), sequence: sequence)
        }
      }
      guard let initial, initial.sequence > position else { return }
    } else {
      if position != nil { stream.backlog.reset(key, sequence: sequence) }
      for entry in feed.listing where entry.fields.passes(stream.filters) {
        stream.backlog.list(entry.fields.id, of: key, json: entry.json, sequence: sequence)
      }
    }
    if let initial {
      stream.backlog.finishInitial(of: key, isComplete: initial.isComplete, sequence: sequence)
    }
  }

  /// What is left of a value that went while its reader was away.
  private static func goneJSON(_ id: Value.ID) -> ByteBuffer {
    ByteBuffer(string: "{\"expired\":true,\"id\":\"\(id)\"}")
  }

  private mutating func leave(_ key: InfoHash, _ id: StreamID, of share: KeyShare?, now: Instant) {
    count(-1, of: share)
    watches[key]?.readers.remove(id)
    guard watches[key]?.readers.isEmpty == true else { return }
    let until = now + settings.linger
    watches[key]?.lingersUntil = until
    lingering.append((key, until))
    lingeringCount += 1
  }
}

// What the network tells.
extension EventFeeds {
  /// A value is new or changed. Returns the streams that have something to write.
  mutating func put(_ fields: ValueFields, json: ByteBuffer, of key: InfoHash) -> [StreamID] {
    guard watches[key] != nil else { return [] }
    sequence += 1
    let change = watches[key]?.feed.put(fields, json: json, sequence: sequence)
    var woken = change.map { tell($0, of: key) } ?? []
    if watches[key]?.awaited?.remove(fields.id) != nil { woken += finishIfComplete(key) }
    return woken
  }

  /// A value went.
  mutating func remove(_ id: Value.ID, json: ByteBuffer, of key: InfoHash) -> [StreamID] {
    sequence += 1
    guard let change = watches[key]?.feed.remove(id, json: json, sequence: sequence) else { return [] }
    return tell(change, of: key)
  }

  /// A get that ran beside the listen is over: it found these ids; nil when the network could not be asked.
  mutating func asked(_ key: InfoHash, found: Set<Value.ID>?, now: Instant) -> [StreamID] {
    guard let watch = watches[key], watch.feed.initial == nil else { return [] }
    guard let found else { return finishInitial(key, isComplete: false) }
    watches[key]?.awaited = found.subtracting(watch.feed.entries.keys)
    patience.append((key, now + settings.patience))
    return finishIfComplete(key)
  }

  private mutating func finishIfComplete(_ key: InfoHash) -> [StreamID] {
    watches[key]?.awaited?.isEmpty == true ? finishInitial(key, isComplete: true) : []
  }

  private mutating func finishInitial(_ key: InfoHash, isComplete: Bool) -> [StreamID] {
    sequence += 1
    watches[key]?.awaited = nil
    guard watches[key]?.feed.finishInitial(isComplete: isComplete, sequence: sequence) == true else { return [] }
    let readers = Array(watches[key]?.readers ?? [])
    for id in readers {
      streams[id]?.backlog.finishInitial(of: key, isComplete: isComplete, sequence: sequence)
    }
    return readers
  }

  private mutating func tell(_ change: KeyFeed.Change, of key: InfoHash) -> [StreamID] {
    var woken: [StreamID] = []
    for id in watches[key]?.readers ?? [] {
      guard let filters = streams[id]?.filters else { continue }
      let before = change.before?.passes(filters) ?? false
      if change.after?.passes(filters) ?? false {
        streams[id]?.backlog.put(
          change.id, of: key, json: change.json, isNew: !before, sequence: change.sequence)
      } else if before {
        let json = change.after == nil ? change.json : Self.goneJSON(change.id)
        streams[id]?.backlog.remove(change.id, of: key, json: json, sequence: change.sequence)
      } else {
        continue
      }
      woken.append(id)
    }
    return woken
  }
}

// What time does.
extension EventFeeds {
  /// When `advance` has something to do; nil for never.
  var nextDeadline: Instant? {
    [lingering.first?.until, patience.first?.until].compactMap { $0 }.min()
  }

  /// Time passed. Returns keys to watch no more, and streams that have something to write.
  mutating func advance(to now: Instant) -> (unwatch: [InfoHash], woken: [StreamID]) {
    var woken: [StreamID] = []
    while let (key, until) = patience.first, until <= now {
      patience.removeFirst()
      if watches[key]?.awaited != nil { woken += finishInitial(key, isComplete: false) }
    }
    var unwatch: [InfoHash] = []
    while let (key, until) = lingering.first, until <= now || lingeringCount > settings.mostLingering {
      lingering.removeFirst()
      guard watches[key]?.lingersUntil == until else { continue }
      watches[key] = nil
      lingeringCount -= 1
      unwatch.append(key)
    }
    return (unwatch, woken)
  }
}
