import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Server side": what listeners are told.
@Suite("Server side: listeners") struct PushTests {
  private let key = InfoHash(named: "key")

  @Test("N-132: the first listen sends the values, a refresh of its socket nothing, a new socket all again")
  func firstListen() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    try stage.put([Value("x", id: 1), Value("y", id: 2)], at: key, by: puppet)
    try stage.listen(to: key, socket: 5, by: listener)
    let first = try #require(listener.expect(.update)?.update)
    #expect(first.socket == 5)
    #expect(first.key == key)
    #expect(first.version == 1)
    #expect(first.values.values.map(\.id).sorted() == [1, 2])
    try stage.listen(to: key, socket: 5, by: listener)
    #expect(listener.hearsNothing(of: .update, for: .seconds(5)))
    try stage.listen(to: key, socket: 6, by: listener)
    #expect(listener.expect(.update)?.update?.values.values.map(\.id).sorted() == [1, 2])
  }

  @Test("N-133: a listen with a restriction gets only matching new values")
  func restriction() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    try stage.put([Value([1], userType: "a", id: 1), Value([1], userType: "b", id: 2)], at: key, by: puppet)
    let query = Query(where: [.userType(Array("a".utf8))])
    try stage.listen(to: key, socket: 5, query: query, by: listener)
    try stage.put([Value([2], userType: "b", id: 3)], at: key, by: puppet)
    try stage.put([Value([2], userType: "a", id: 4)], at: key, by: puppet)
    stage.world.run(for: .seconds(1))
    #expect(listener.heard.compactMap(\.update).flatMap(\.values.values).map(\.id) == [1, 4])
  }

  @Test("N-134: a listen without version gets its notices as replies to the socket id")
  func legacy() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.friend(), listener = stage.friend()
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    try stage.listen(to: key, socket: 0x7777, version: 0, by: listener)
    let first = listener.expect(within: .seconds(1)) { $0.transaction == 0x7777 }?.reply
    #expect(first?.values.values.map(\.id) == [1])
    #expect(first?.token != nil)
    #expect(first?.nodes4 != nil)
    try stage.put([Value("y", id: 2)], at: key, by: puppet)
    let second = listener.expect(within: .seconds(1)) { $0.transaction == 0x7777 }?.reply
    #expect(second?.values.values.map(\.id) == [2])
    try stage.put([Value("y", id: 2)], at: key, by: puppet)
    #expect(listener.expect(.legacyPush)?.legacyPush?.refreshed == [2])
    stage.world.run(for: .seconds(620))
    #expect(listener.heard(.update).isEmpty)
  }

  @Test("N-135: a listener that is not renewed is still served at 570 s and not at 630 s")
  func listenerLife() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    try stage.listen(to: key, socket: 5, by: listener)
    let start = stage.world.now
    stage.world.run(for: .seconds(570) - (stage.world.now - start))
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    #expect(listener.expect(.update)?.update?.values.values.map(\.id) == [1])
    stage.world.run(for: .seconds(630) - (stage.world.now - start))
    try stage.put([Value("y", id: 2)], at: key, by: puppet)
    #expect(listener.hearsNothing(of: .update, for: .seconds(2)))
  }

  @Test("An update is sent three times when it is not answered, and its listener dropped")
  func silentListener() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    try stage.listen(to: key, socket: 5, by: listener)
    listener.manner = .silent
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    stage.world.run(for: .seconds(12))
    #expect(listener.heard(.update).count == 3)
    try stage.put([Value("y", id: 2)], at: key, by: puppet)
    stage.world.run(for: .seconds(12))
    #expect(listener.heard(.update).count == 3)
  }

  @Test("Many values are pushed in several updates of at most 56 KiB")
  func manyValues() throws {
    let stage = Stage()
    defer { stage.verify() }
    let listener = stage.friend()
    for id in 1...30 { stage.world.put(Value(Array(repeating: 1, count: 8000), id: UInt64(id)), at: key, from: 0) }
    try stage.listen(to: key, socket: 5, by: listener)
    stage.world.run(for: .seconds(3))
    let updates = listener.heard.compactMap(\.update)
    #expect(updates.count > 3)
    #expect(Set(updates.flatMap(\.values.values).map(\.id)) == Set(1...30))
    #expect(updates.allSatisfy { $0.values.values.map(\.size).reduce(0, +) <= 56 * 1024 + 8000 })
  }
}
