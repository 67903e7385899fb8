import DHTCore
import DHTModel
import DHTSimulator
import DHTWire
import Testing

/// node.md §11, "Server side": what is stored, and for how long.
@Suite("Server side: storage") struct StorageTests {
  private let key = InfoHash(named: "key")
  private func created(_ age: Int64, on stage: Stage) -> WallTime {
    WallTime(seconds: stage.world.wallTime.seconds - age)
  }
  private func signed(_ text: String, sequence: UInt16, id: Value.ID = 1) -> Value {
    let signature = Value.Signature(owner: Array(repeating: 9, count: 32), sequence: sequence, signature: [1, 2, 3])
    return Value(id: id, content: .signed(Value.Body(data: Array(text.utf8)), signature))
  }

  @Test("N-120: other unsigned content under a known id is acknowledged and not stored")
  func unsignedEdit() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    #expect(try stage.put([Value("y", id: 1)], at: key, by: puppet)?.reply?.valueID == 1)
    #expect(stage.held(at: key).compactMap(\.text) == ["x"])
  }

  @Test("N-121: the same content again gives a `re` notice to listeners and new life")
  func sameContent() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    stage.world.run(for: .seconds(500))
    try stage.listen(to: key, socket: 5, by: listener)
    stage.world.run(for: .seconds(1))
    listener.clearInbox()
    try stage.put([Value("x", id: 1)], at: key, by: puppet)
    #expect(listener.expect(.update)?.update?.refreshed == [1])
    stage.world.run(for: .seconds(590))
    #expect(stage.held(at: key).map(\.id) == [1])
    stage.world.run(for: .seconds(20))
    #expect(stage.held(at: key).isEmpty)
  }

  @Test("N-123: an unsigned or encrypted put over a signed value is refused, and the node keeps running")
  func unsignedOverSigned() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), old = signed("x", sequence: 1)
    stage.world.put(old, at: key, from: 0)
    #expect(stage.held(at: key) == [old])
    for value in [Value("y", id: 1), Value(id: 1, content: .encrypted([1, 2, 3]))] {
      #expect(try stage.put([value], at: key, by: puppet)?.reply?.valueID == 1)
    }
    #expect(stage.held(at: key) == [old])
    #expect(puppet.ask(.ping) != nil)
  }

  @Test("N-126: a creation time in the future is treated as now")
  func future() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    try stage.put([Value("x", id: 1)], at: key, created: created(-3600, on: stage), by: puppet)
    stage.world.run(for: .seconds(595))
    #expect(stage.held(at: key).map(\.id) == [1])
    stage.world.run(for: .seconds(10))
    #expect(stage.held(at: key).isEmpty)
  }

  @Test("N-127: a value whose life is over by its creation time is acknowledged and not stored")
  func tooOld() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    let answer = try stage.put([Value("x", id: 1)], at: key, created: created(601, on: stage), by: puppet)
    #expect(answer?.reply?.valueID == 1)
    #expect(stage.held(at: key).isEmpty)
  }

  @Test("N-128: a type-5 value created 57 s ago disappears about 3 s later, with `exp` to listeners")
  func shortLife() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger(), listener = stage.stranger()
    try stage.listen(to: key, socket: 5, by: listener)
    try stage.put([Value([1], type: 5, id: 1)], at: key, created: created(57, on: stage), by: puppet)
    let start = stage.world.now
    #expect(listener.expect(.update)?.update?.values.values.map(\.id) == [1])
    let update = try #require(listener.expect(.update, within: .seconds(6)))
    #expect(update.update?.expired == [1])
    #expect(seconds(2...4).contains(update.at - start))
    #expect(stage.held(at: key).isEmpty)
  }

  @Test("N-129: type 1 with an empty service is not stored; undecodable type 1 data is")
  func messages() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    let empty = Value([0x92, 0xa0, 0xc4, 0x01, 0x01], type: 1, id: 1)
    let named = Value([0x92, 0xa1, 0x73, 0xc4, 0x01, 0x01], type: 1, id: 2)
    let broken = Value([0xc1], type: 1, id: 3)
    for value in [empty, named, broken] {
      #expect(try stage.put([value], at: key, by: puppet)?.reply?.valueID == value.id)
    }
    #expect(stage.held(at: key).map(\.id) == [2, 3])
    stage.world.run(for: .seconds(301))
    #expect(stage.held(at: key).isEmpty)
  }

  @Test("N-130: type 2 is stored with the sender's IP and the announced port; port 0 is not stored")
  func serviceAnnouncements() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    func announcement(port: UInt16, _ ip: [UInt8]) -> [UInt8] {
      [0xc4, 0x10, 2, 0, UInt8(port >> 8), UInt8(port & 255)] + ip + Array(repeating: 0, count: 8)
    }
    try stage.put([Value(announcement(port: 4321, [9, 9, 9, 9]), type: 2, id: 1)], at: key, by: puppet)
    try stage.put([Value(announcement(port: 0, [9, 9, 9, 9]), type: 2, id: 2)], at: key, by: puppet)
    try stage.put([Value([1, 2, 3], type: 2, id: 3)], at: key, by: puppet)
    #expect(stage.held(at: key).map(\.id) == [1])
    #expect(stage.held(at: key).first?.data == announcement(port: 4321, puppet.address.ip.bytes))
  }

  @Test("N-131: an unknown type is stored for 10 min")
  func unknownType() throws {
    let stage = Stage()
    defer { stage.verify() }
    let puppet = stage.stranger()
    try stage.put([Value([1], type: 4711, id: 1)], at: key, by: puppet)
    stage.world.run(for: .seconds(595))
    #expect(stage.held(at: key).map(\.id) == [1])
    stage.world.run(for: .seconds(10))
    #expect(stage.held(at: key).isEmpty)
  }

  @Test("N-137, N-138: over the limit, the largest source loses what expires first; local values neither go nor count")
  func quota() throws {
    let stage = Stage { $0.limits.storageBytes = 52_000 }
    defer { stage.verify() }
    let greedy = stage.stranger(), modest = stage.stranger(), listener = stage.stranger()
    func value(_ id: Value.ID, _ count: Int = 8000) -> Value { Value(Array(repeating: 1, count: count), id: id) }
    stage.world.put(value(100, 40_000), at: key, from: 0)
    try stage.listen(to: key, socket: 5, by: listener)
    for id in 1...5 {
      try stage.put([value(Value.ID(id))], at: key, by: greedy)
      stage.world.run(for: .seconds(1))
    }
    #expect(stage.held(at: key).map(\.id).sorted() == [1, 2, 3, 4, 5, 100])
    for id in 11...12 {
      try stage.put([value(Value.ID(id))], at: key, by: modest)
      stage.world.run(for: .seconds(1))
    }
    #expect(stage.held(at: key).map(\.id).sorted() == [2, 3, 4, 5, 11, 12, 100])
    #expect(listener.heard.compactMap(\.update).flatMap(\.expired) == [1])
  }

  @Test("N-139: with maintainsStorage, shutDown announces all stored values with their original creation time")
  func announcedOnShutDown() throws {
    let stage = Stage { $0.maintainsStorage = true }
    defer { stage.verify() }
    let friends = stage.friends(6, around: key), puppet = stage.stranger()
    let time = created(100, on: stage)
    try stage.put([Value("x", id: 1), Value("y", id: 2)], at: key, created: time, by: puppet)
    #expect(stage.held(at: key).count == 2)
    stage.world.shutDown(0)
    stage.world.run(for: .seconds(10))
    for friend in friends {
      let puts = friend.heard(.put, about: key)
      #expect(puts.flatMap { $0.put?.values.values.map(\.id) ?? [] }.sorted() == [1, 2])
      #expect(puts.allSatisfy { $0.put?.created == time })
    }
  }

  @Test("N-140: with maintainsStorage, a foreign long-life value is announced to closer nodes within 20 min")
  func handedOver() throws {
    let key = key
    let far = InfoHash(~key.words.0, ~key.words.1, ~key.words.2, ~key.words.3, ~key.words.4)
    let stage = Stage {
      $0.maintainsStorage = true
      $0.nodeID = far
      $0.types.append(ValueType(id: 77, name: "lasting", lifetime: .seconds(7 * 24 * 3600)))
    }
    defer { stage.verify() }
    let puppet = stage.stranger()
    try stage.put([Value([1], type: 77, id: 1)], at: key, by: puppet)
    #expect(stage.held(at: key).map(\.id) == [1])
    let friends = stage.friends(8, around: key)
    stage.world.run(for: .seconds(20 * 60))
    #expect(friends.allSatisfy { $0.stored[key]?.map(\.id) == [1] })
  }
}
