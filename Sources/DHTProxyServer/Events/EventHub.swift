internal import DHTModel
internal import NIOCore
internal import OpenDHT

/// Runs the event streams: watches their keys, asks for the values known at the start, and hands out what is to be written.
///
/// Lives on one event loop, with the watches of that loop; tasks that write to clients ask it for their next bytes.
final class EventHub: Sendable {
  private struct State {
    var feeds: EventFeeds
    var names: [String: EventFeeds.StreamID] = [:]
    var count: EventFeeds.StreamID = 0
    /// Tasks that wait for something to write.
    var waiting: [EventFeeds.StreamID: (promise: EventLoopPromise<ByteBuffer?>, since: Instant)] = [:]
    var subscribers: [InfoHash: EventSubscriber] = [:]
    /// Keys that are to be asked for, and those that are being.
    var toAsk = CircularBuffer<InfoHash>()
    var asking: [InfoHash: Task<Void, Never>] = [:]
    var clock: RepeatedTask?
    var isStopped = false
  }

  /// Silence after which a comment is sent: half of what proxies on the way and phones take for a dead connection.
  private static let heartbeat = Duration.seconds(15)
  /// Gets at a time. A stream of thousands of keys begins with as many; nodes of the network limit each other's requests.
  private static let mostAsking = 32
  /// Time of a get.
  private static let askingTime = Duration.seconds(10)
  /// Bytes that are handed out at a time.
  private static let batch = 64 << 10

  private let state: NIOLoopBoundBox<State>
  private let watches: NIOLoopBound<LoopConnections>
  private let node: ProxyNode
  private var loop: any EventLoop { state.eventLoop }

  init(node: ProxyNode, watches: NIOLoopBound<LoopConnections>, _ settings: EventFeeds.Settings = .init()) {
    self.node = node
    self.watches = watches
    let feeds = EventFeeds(run: .random(in: 1 ... .max), settings)
    state = .makeBoxSendingValue(State(feeds: feeds), eventLoop: watches.eventLoop)
  }

  /// How many there are, for figures.
  struct Figures {
    var streams = 0, streamKeys = 0, watchedKeys = 0
  }

  var figures: Figures {
    get async {
      let figures = try? await loop.submit { [self] in
        Figures(
          streams: state.value.feeds.streamCount, streamKeys: state.value.feeds.keyCount,
          watchedKeys: state.value.feeds.watchCount)
      }.get()
      return figures ?? Figures()
    }
  }

  func start() {
    loop.execute { [self] in
      // Deadlines of seconds need no finer clock.
      state.value.clock = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { [self] _ in step()
      }
    }
  }

  /// Ends every stream, and waits until nothing is watched.
  func stop() async {
    try? await loop.submit { [self] in
      state.value.isStopped = true
      state.value.clock?.cancel()
      for waiting in state.value.waiting.values { waiting.promise.succeed(nil) }
      for task in state.value.asking.values { task.cancel() }
      state.value.waiting = [:]
      unwatch(Array(state.value.subscribers.keys))
    }.get()
  }
}

// What tasks of streams call.
extension EventHub {
  /// A stream that was begun.
  struct Stream: Sendable {
    var id: EventFeeds.StreamID
    var name: String
    var isResumed: Bool
  }

  /// Begins a stream; nil when there are too many keys.
  func open(_ request: EventRequest, share: EventFeeds.KeyShare? = nil) async -> Stream? {
    try? await loop.submit { [self] in
      guard !state.value.isStopped else { return Stream?.none }
      state.value.count += 1
      let id = state.value.count
      guard let opening = state.value.feeds.open(id, request, share: share) else { return nil }
      // Whoever knows the name may change the keys: nobody guesses 128 bits.
      let name = hexString((0..<16).map { _ in UInt8.random(in: .min ... .max) })
      state.value.names[name] = id
      watch(opening.watch)
      return Stream(id: id, name: name, isResumed: opening.isResumed)
    }.get()
  }

  /// The next bytes to write; waits for them. Nil when the stream is over, or its task was cancelled.
  func next(_ id: EventFeeds.StreamID) async -> ByteBuffer? {
    await withTaskCancellationHandler {
      try? await loop.flatSubmit { [self] in
        let promise = loop.makePromise(of: ByteBuffer?.self)
        let isOver = state.value.isStopped || Task.isCancelled || state.value.feeds.keys(of: id) == nil
        if isOver {
          promise.succeed(nil)
        } else if let bytes = state.value.feeds.pop(id, byteCount: Self.batch) {
          promise.succeed(bytes)
        } else {
          state.value.waiting[id] = (promise, .monotonic)
        }
        return promise.futureResult
      }.get()
    } onCancel: {
      loop.execute { [self] in end(id) }
    }
  }

  /// Ends a stream.
  func close(_ stream: Stream) {
    loop.execute { [self] in
      state.value.names[stream.name] = nil
      end(stream.id)
    }
  }

  /// Adds keys to a stream, or takes some out. How many it has then; nil when there is no such stream.
  func change(_ name: String, add: [InfoHash], remove: [InfoHash]) async -> Result<Int, Refusal>? {
    try? await loop.submit { [self] in
      guard let id = state.value.names[name] else { return Result<Int, Refusal>?.none }
      state.value.feeds.remove(remove, from: id, now: .monotonic)
      guard let new = state.value.feeds.add(add, to: id) else { return .failure(.tooManyKeys) }
      watch(new)
      wake([id])
      return .success(state.value.feeds.keys(of: id) ?? 0)
    }.get()
  }
}

// On the loop.
extension EventHub {
  private func end(_ id: EventFeeds.StreamID) {
    state.value.waiting.removeValue(forKey: id)?.promise.succeed(nil)
    state.value.feeds.close(id, now: .monotonic)
  }

  private func wake(_ ids: [EventFeeds.StreamID]) {
    for id in ids where state.value.waiting[id] != nil {
      guard let bytes = state.value.feeds.pop(id, byteCount: Self.batch) else { continue }
      state.value.waiting.removeValue(forKey: id)?.promise.succeed(bytes)
    }
  }

  private func watch(_ keys: [InfoHash]) {
    for key in keys {
      let subscriber = EventSubscriber(key, self)
      state.value.subscribers[key] = subscriber
      take(watches.value.watches.subscribe(subscriber, to: key), of: key)
      state.value.toAsk.append(key)
    }
    ask()
  }

  private func unwatch(_ keys: [InfoHash]) {
    for key in keys {
      guard let subscriber = state.value.subscribers.removeValue(forKey: key) else { continue }
      watches.value.watches.unsubscribe(subscriber, from: key)
    }
  }

  fileprivate func take(_ events: [WatchEvent], of key: InfoHash) {
    var woken: [EventFeeds.StreamID] = []
    for event in events {
      switch event.kind {
      case .added, .updated: woken += state.value.feeds.put(event.fields, json: event.json, of: key)
      case .expired: woken += state.value.feeds.remove(event.id, json: event.json, of: key)
      }
    }
    wake(woken)
  }

  private func ask() {
    while state.value.asking.count < Self.mostAsking, let key = state.value.toAsk.popFirst() {
      guard state.value.subscribers[key] != nil, state.value.asking[key] == nil else { continue }
      let found = node.values(at: key, deadline: Self.askingTime)
      state.value.asking[key] = Task { [self] in
        var ids = Set<Value.ID>()
        for await value in found { ids.insert(value.id) }
        let isAnswered = await found.outcome.answered > 0 || !ids.isEmpty
        let result = isAnswered ? ids : nil
        loop.execute { [self] in asked(key, found: result) }
      }
    }
  }

  private func asked(_ key: InfoHash, found: Set<Value.ID>?) {
    state.value.asking[key] = nil
    guard !state.value.isStopped else { return }
    wake(state.value.feeds.asked(key, found: found, now: .monotonic))
    ask()
  }

  private func step() {
    let now = Instant.monotonic
    let (gone, woken) = state.value.feeds.advance(to: now)
    unwatch(gone)
    wake(woken)
    for (id, waiting) in state.value.waiting where now - waiting.since >= Self.heartbeat {
      state.value.waiting[id] = nil
      waiting.promise.succeed(ByteBuffer(string: EventText.heartbeat))
    }
  }
}

/// Hears of one key for all event streams.
private final class EventSubscriber: WatchSubscriber {
  var isListen: Bool { false }
  private let key: InfoHash
  private let hub: EventHub

  init(_ key: InfoHash, _ hub: EventHub) {
    self.key = key
    self.hub = hub
  }

  func take(_ events: [WatchEvent]) { hub.take(events, of: key) }
}
