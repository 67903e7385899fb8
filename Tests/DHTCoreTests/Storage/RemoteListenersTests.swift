import DHTModel
import Testing

@testable import DHTCore

@Suite struct RemoteListenersTests {
  typealias F = StorageFixture
  var listeners = RemoteListeners(limits: Limits())

  mutating func listen(
    _ peer: UInt32, socket: SocketID = 1, key: InfoHash = F.key, query: Query = .everything, now: Double
  ) -> RemoteListeners.Added {
    listeners.add(key: key, contact: F.peer(peer), socket: socket, query: query, version: 1, now: F.at(now))
  }

  @Test("W§3.6: the same node and socket renews and replaces the query; another socket is new")
  mutating func renews() {
    let query = Query(where: [.id(3)])
    #expect(listen(1, now: 0) == .new)
    #expect(listen(1, query: query, now: 20) == .renewed)
    #expect(listen(1, socket: 2, now: 21) == .new)
    #expect(listen(2, now: 22) == .new)
    #expect(listen(1, key: F.hash(2), now: 23) == .new)
    #expect(listeners.count == 4)
    #expect(listeners.listeners(at: F.key).map(\.contact) == [F.peer(1), F.peer(1), F.peer(2)])
    #expect(
      listeners.listeners(at: F.key).first
        == RemoteListeners.Listener(contact: F.peer(1), socket: 1, query: query, version: 1, renewed: F.at(20)))
    #expect(listeners.hasListeners(at: F.hash(2)) && !listeners.hasListeners(at: F.hash(3)))
  }

  @Test("N-135: a listener that is not renewed is there at 570 s and gone at 630 s")
  mutating func age() {
    _ = listen(1, now: 0)
    _ = listen(2, now: 0)
    _ = listen(2, now: 300)
    #expect(listeners.nextDeadline == F.at(600))
    listeners.advance(to: F.at(570))
    #expect(listeners.count == 2)
    listeners.advance(to: F.at(630))
    #expect(listeners.listeners(at: F.key).map(\.contact) == [F.peer(2)])
    #expect(listeners.nextDeadline == F.at(900))
    listeners.advance(to: F.at(900))
    #expect(listeners.count == 0 && !listeners.hasListeners(at: F.key) && listeners.nextDeadline == nil)
  }

  @Test mutating func removesANodeWhoseUpdatesGoUnanswered() {
    for socket in UInt32(1)...3 {
      _ = listen(1, socket: socket, now: 0)
      _ = listen(1, socket: socket, key: F.hash(2), now: 0)
      _ = listen(2, socket: socket, now: 0)
    }
    listeners.removeAll(of: F.peer(1).id, at: F.peer(2).address)
    #expect(listeners.count == 9)
    listeners.removeAll(of: F.peer(1).id, at: F.peer(1).address)
    #expect(listeners.count == 3 && !listeners.hasListeners(at: F.hash(2)))
    #expect(listen(1, now: 1) == .new)
    listeners.advance(to: F.at(600))
    #expect(listeners.listeners(at: F.key).map(\.contact) == [F.peer(1)])
  }

  @Test mutating func followsANodeToItsNewAddress() {
    let moved = NodeContact(id: F.peer(1).id, address: SocketAddress(ip: F.ip(77), port: 1))
    _ = listen(1, now: 0)
    #expect(
      listeners.add(key: F.key, contact: moved, socket: 1, query: .everything, version: 1, now: F.at(1)) == .renewed)
    #expect(listeners.listeners(at: F.key).map(\.contact) == [moved])
    listeners.removeAll(of: F.peer(1).id, at: F.peer(1).address)
    #expect(listeners.count == 1)
    listeners.removeAll(of: moved.id, at: moved.address)
    #expect(listeners.count == 0)
  }

  @Test("W-24: listeners per address, in all, and the size of their queries are bounded")
  mutating func bounds() {
    var limits = Limits()
    limits.listenersPerAddress = 3
    limits.listeners = 5
    listeners = RemoteListeners(limits: limits)
    for socket in UInt32(1)...3 { #expect(listen(1, socket: socket, now: 0) == .new) }
    #expect(listen(1, socket: 4, now: 0) == .refused)
    #expect(listen(1, socket: 3, now: 1) == .renewed)
    for socket in UInt32(1)...2 { #expect(listen(2, socket: socket, now: 0) == .new) }
    #expect(listen(3, now: 0) == .refused)
    // Moving to an address whose share is used up does not pass either.
    let moved = NodeContact(id: F.peer(2).id, address: F.peer(1).address)
    #expect(
      listeners.add(key: F.key, contact: moved, socket: 1, query: .everything, version: 1, now: F.at(1)) == .refused)
    listeners.advance(to: F.at(600))
    #expect(listen(1, socket: 4, now: 600) == .new)

    listeners = RemoteListeners(limits: Limits())
    let large = Query(where: [.userType([UInt8](repeating: 1, count: 2000))])
    #expect(listen(1, query: large, now: 0) == .refused)
    #expect(listen(1, query: Query(where: (0..<40).map { .id($0) }), now: 0) == .refused)
    #expect(listen(1, query: Query(where: [.userType(Array("text/plain".utf8)), .id(1)]), now: 0) == .new)
  }

  @Test mutating func coalescesStaleDeadlines() {
    for round in 0..<2000 {
      _ = listen(1, socket: UInt32(round), now: 0)
      listeners.removeAll(of: F.peer(1).id, at: F.peer(1).address)
    }
    #expect(listeners.count == 0)
    listeners.advance(to: F.at(600))
    #expect(listeners.nextDeadline == nil)
  }

  @Test(arguments: UInt64(1)...10)
  func agreesWithAList(seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var limits = Limits()
    limits.listenersPerAddress = 6
    limits.listeners = 15
    var listeners = RemoteListeners(limits: limits)
    var model: [(key: InfoHash, listener: RemoteListeners.Listener)] = []
    var now = 0.0
    for _ in 0..<1500 {
      now += Double.random(in: 0...60, using: &random)
      model.removeAll { $0.listener.renewed + .seconds(600) <= F.at(now) }
      let peer = F.peer(UInt32.random(in: 1...4, using: &random))
      if Int.random(in: 0..<12, using: &random) == 0 {
        listeners.removeAll(of: peer.id, at: peer.address)
        model.removeAll { $0.listener.contact == peer }
      } else {
        let key = F.hash(UInt32.random(in: 1...3, using: &random))
        let socket = UInt32.random(in: 1...3, using: &random)
        let listener = RemoteListeners.Listener(
          contact: peer, socket: socket, query: .everything, version: 1, renewed: F.at(now))
        let result = listeners.add(
          key: key, contact: peer, socket: socket, query: .everything, version: 1, now: F.at(now))
        let old = model.firstIndex {
          $0.key == key && $0.listener.contact == peer && $0.listener.socket == socket
        }
        if let old {
          model[old].listener = listener
          #expect(result == .renewed, "seed \(seed)")
        } else if model.count < 15 && model.count(where: { $0.listener.contact == peer }) < 6 {
          model.append((key, listener))
          #expect(result == .new, "seed \(seed)")
        } else {
          #expect(result == .refused, "seed \(seed)")
        }
      }
      listeners.advance(to: F.at(now))
      #expect(listeners.count == model.count, "seed \(seed)")
      for number in UInt32(1)...3 {
        let expected = model.filter { $0.key == F.hash(number) }.map(\.listener)
        #expect(listeners.listeners(at: F.hash(number)) == expected, "seed \(seed)")
      }
    }
  }
}
