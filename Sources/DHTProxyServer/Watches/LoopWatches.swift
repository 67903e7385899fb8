internal import DHTModel
internal import NIOCore

/// The watches of one event loop: who listens here, to what, and the values that they know.
///
/// A watch that is new here is asked of the hub, which listens on the network once for all loops. Its changes come back
/// with the number of that asking: those of an earlier one, still on their way, are dropped.
final class LoopWatches {
  private struct Watch {
    let asking: UInt64
    var values = WatchValues()
    var subscribers: [ObjectIdentifier: any WatchSubscriber] = [:]
  }
  private var watches: [InfoHash: Watch] = [:]
  private var askings: UInt64 = 0
  private let loop: any EventLoop
  private let hub: WatchHub
  private let counters: RequestCounters

  init(loop: any EventLoop, hub: WatchHub, counters: RequestCounters) {
    self.loop = loop
    self.hub = hub
    self.counters = counters
  }

  /// Begins to tell somebody of a key. Returns the values that are known.
  func subscribe(_ subscriber: any WatchSubscriber, to key: InfoHash) -> [WatchEvent] {
    if subscriber.isListen { counters.listenBegan() }
    if watches[key] != nil {
      watches[key]?.subscribers[ObjectIdentifier(subscriber)] = subscriber
      return watches[key]?.values.all ?? []
    }
    askings += 1
    var watch = Watch(asking: askings)
    watch.subscribers[ObjectIdentifier(subscriber)] = subscriber
    watches[key] = watch
    hub.join(key, NIOLoopBound(self, eventLoop: loop), loop: loop, asking: askings)
    return []
  }

  /// Tells somebody no more of a key.
  func unsubscribe(_ subscriber: any WatchSubscriber, from key: InfoHash) {
    guard watches[key]?.subscribers.removeValue(forKey: ObjectIdentifier(subscriber)) != nil else { return }
    if subscriber.isListen { counters.listenEnded() }
    guard watches[key]?.subscribers.isEmpty == true else { return }
    watches[key] = nil
    hub.leave(key, loop: loop)
  }

  /// Changes that the hub has heard of.
  func take(_ events: [WatchEvent], of key: InfoHash, asking: UInt64) {
    guard watches[key]?.asking == asking else { return }
    let news = events.compactMap { watches[key]?.values.take($0) }
    guard !news.isEmpty, let subscribers = watches[key]?.subscribers.values else { return }
    for subscriber in subscribers { subscriber.take(news) }
  }
}
