internal import DHTModel
internal import DHTProxyMessages
internal import NIOCore
internal import OpenDHT

/// Listens on the network: once for each key, however many clients there are, on whatever event loops.
///
/// Lives on an event loop of its own choice; everything reaches it in the order in which a loop sent it.
final class WatchHub: Sendable {
  private struct Member {
    let watches: NIOLoopBound<LoopWatches>
    let loop: any EventLoop
    let asking: UInt64
  }
  private struct Watch {
    var number: UInt64
    var task: Task<Void, Never>?
    /// Listening again, when the network's listen has ended by itself.
    var again: Scheduled<Void>?
    var pause = WatchHub.firstPause
    var values = WatchValues()
    var members: [ObjectIdentifier: Member] = [:]

    func end() {
      task?.cancel()
      again?.cancel()
    }
  }
  private struct State {
    var watches: [InfoHash: Watch] = [:]
    var count: UInt64 = 0
  }
  /// Pauses before a listen that the node has refused or ended is begun again: doubled each time up to the longest, and
  /// short again when it has told something.
  private static let firstPause = TimeAmount.seconds(1)
  private static let longestPause = TimeAmount.seconds(30)

  private let state: NIOLoopBoundBox<State>
  private let node: ProxyNode
  private let release: PeerRelease
  private var loop: any EventLoop { state.eventLoop }

  init(node: ProxyNode, release: PeerRelease, loop: any EventLoop) {
    self.node = node
    self.release = release
    state = .makeBoxSendingValue(State(), eventLoop: loop)
  }
}

// What loops tell.
extension WatchHub {
  /// A loop wants to hear of a key.
  func join(_ key: InfoHash, _ watches: NIOLoopBound<LoopWatches>, loop: any EventLoop, asking: UInt64) {
    self.loop.execute { [self] in
      let member = Member(watches: watches, loop: loop, asking: asking)
      if state.value.watches[key] == nil {
        state.value.watches[key] = Watch(number: 0)
        begin(key)
      }
      state.value.watches[key]?.members[ObjectIdentifier(loop)] = member
      send(state.value.watches[key]?.values.all ?? [], of: key, to: member)
    }
  }

  /// A loop has nobody left who listens to a key.
  func leave(_ key: InfoHash, loop: any EventLoop) {
    self.loop.execute { [self] in
      state.value.watches[key]?.members[ObjectIdentifier(loop)] = nil
      guard state.value.watches[key]?.members.isEmpty == true else { return }
      state.value.watches.removeValue(forKey: key)?.end()
    }
  }

  /// Ends every listen on the network.
  func stop() {
    loop.execute { [self] in
      for watch in state.value.watches.values { watch.end() }
      state.value.watches = [:]
    }
  }
}

// What the network tells.
extension WatchHub {
  private func begin(_ key: InfoHash) {
    state.value.count += 1
    let number = state.value.count
    let release = release
    let changes = node.listen(to: key)
    let task = Task { [self] in
      for await change in changes {
        let event = WatchEvent(change, for: release)
        loop.execute { [self] in take(event, of: key, number) }
      }
      loop.execute { [self] in ended(key, number) }
    }
    state.value.watches[key]?.number = number
    state.value.watches[key]?.task = task
  }

  private func take(_ event: WatchEvent, of key: InfoHash, _ number: UInt64) {
    guard state.value.watches[key]?.number == number else { return }
    state.value.watches[key]?.pause = Self.firstPause
    guard let news = state.value.watches[key]?.values.take(event),
      let members = state.value.watches[key]?.members.values
    else { return }
    for member in members { send([news], of: key, to: member) }
  }

  /// The node has no room for the listen, or was stopped. Clients keep their streams: deployed ones never listen again
  /// after the end of one. (proxy.md §7.5)
  private func ended(_ key: InfoHash, _ number: UInt64) {
    guard let watch = state.value.watches[key], watch.number == number else { return }
    state.value.watches[key]?.task = nil
    state.value.watches[key]?.pause = min(watch.pause + watch.pause, Self.longestPause)
    state.value.watches[key]?.again = loop.scheduleTask(in: watch.pause) { [self] in
      guard state.value.watches[key]?.number == number else { return }
      state.value.watches[key]?.again = nil
      begin(key)
    }
  }

  private func send(_ events: [WatchEvent], of key: InfoHash, to member: Member) {
    guard !events.isEmpty else { return }
    member.loop.execute { member.watches.value.take(events, of: key, asking: member.asking) }
  }
}
