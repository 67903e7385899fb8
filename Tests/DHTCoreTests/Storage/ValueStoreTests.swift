import DHTCollections
import DHTModel
import Testing

@testable import DHTCore

@Suite struct ValueStoreTests {
  typealias F = StorageFixture
  var store = F.store()

  mutating func put(
    _ value: Value, from peer: UInt32 = 1, at key: InfoHash = F.key, created: Double? = nil, now: Double
  ) -> ValueStore.Put {
    store.put(value, at: key, created: F.at(created ?? now), origin: .remote(F.peer(peer)), now: F.at(now))
  }
  mutating func putOurs(
    _ value: Value, isPermanent: Bool = false, created: Double? = nil, now: Double
  ) -> ValueStore.Put {
    store.put(
      value, at: F.key, created: F.at(created ?? now), origin: .local(isPermanent: isPermanent), now: F.at(now))
  }

  // MARK: Putting

  @Test mutating func storesAndTells() {
    #expect(put(F.value(7), now: 0) == .stored)
    #expect(store.takeChanges() == [.added(F.value(7))])
    #expect(store.value(7, at: F.key) == F.value(7) && store.hasKey(F.key))
    #expect(store.value(8, at: F.key) == nil && !store.hasKey(F.hash(2)))
  }

  @Test("An id of 0 names no value")
  mutating func refusesZeroID() { #expect(put(F.value(0), now: 0) == .refused(.missingID)) }

  @Test("N-120: other unsigned content under a known id is not stored")
  mutating func refusesOtherContent() {
    _ = put(F.value(7, "a"), now: 0)
    _ = store.takeChanges()
    #expect(put(F.value(7, "b"), from: 2, now: 1) == .refused(.policy))
    #expect(store.value(7, at: F.key) == F.value(7, "a") && store.takeChanges().isEmpty)
  }

  @Test("N-121: the same content again is told as refreshed, and lives anew")
  mutating func sameContentRefreshes() {
    _ = put(F.value(7), now: 0)
    _ = store.takeChanges()
    #expect(put(F.value(7), now: 500) == .refreshed)
    #expect(store.takeChanges() == [.refreshed(7)])
    store.advance(to: F.at(1099.9))
    #expect(store.hasKey(F.key))
    store.advance(to: F.at(1100))
    #expect(store.takeChanges() == [.expired([F.value(7)])] && !store.hasKey(F.key))
  }

  @Test("W§11.3: what the type's edit rule allows replaces the value; the rest does not")
  mutating func edits() {
    _ = put(F.signed(7, "a", sequence: 5), now: 0)
    _ = store.takeChanges()
    #expect(put(F.signed(7, "b", sequence: 4), now: 1) == .refused(.policy))
    #expect(put(F.signed(7, "b", owner: 2, sequence: 6), now: 1) == .refused(.policy))
    #expect(put(F.signed(7, "b", sequence: 6), from: 2, now: 100) == .edited)
    #expect(store.takeChanges() == [.edited(F.signed(7, "b", sequence: 6))])
    store.advance(to: F.at(699.9))
    #expect(store.hasKey(F.key))
    store.advance(to: F.at(700))  // life of the new put
    #expect(!store.hasKey(F.key))
  }

  @Test("N-123, W-20: an unsigned or encrypted value over a signed one is refused, of others and of our own")
  mutating func unsignedOverSigned() {
    _ = put(F.signed(7), now: 0)
    _ = store.takeChanges()
    #expect(put(F.value(7, "x"), now: 1) == .refused(.wouldReplaceSigned))
    #expect(put(F.encrypted(7), now: 1) == .refused(.wouldReplaceSigned))
    #expect(putOurs(F.value(7, "x"), now: 1) == .refused(.wouldReplaceSigned))
    #expect(putOurs(F.encrypted(7), isPermanent: true, now: 1) == .refused(.wouldReplaceSigned))
    #expect(store.value(7, at: F.key) == F.signed(7) && store.takeChanges().isEmpty)
    // Even where the type would allow any edit.
    var anything = ValueType(id: 9, name: "any", lifetime: .seconds(60))
    anything.mayEdit = { _, new, _ in new }
    store = F.store(types: [anything])
    _ = put(F.signed(7, type: 9), now: 0)
    #expect(put(F.value(7, "x", type: 9), now: 1) == .refused(.wouldReplaceSigned))
    #expect(put(F.signed(7, "x", owner: 3, type: 9), now: 1) == .edited)
  }

  @Test("N-125: a signed value over an unsigned one is refused")
  mutating func signedOverUnsigned() {
    _ = put(F.value(7), now: 0)
    #expect(put(F.signed(7, "x", sequence: 3), now: 1) == .refused(.policy))
  }

  // MARK: Dates

  @Test("N-126: a creation time in the future counts as now")
  mutating func createdInTheFuture() {
    #expect(put(F.value(7), created: 5000, now: 100) == .stored)
    store.advance(to: F.at(700))
    #expect(!store.hasKey(F.key))
  }

  @Test("N-127: a value whose life is over by its creation time is not stored")
  mutating func createdTooLongAgo() {
    #expect(put(F.value(7), created: 0, now: 600) == .refused(.expired))
    #expect(put(F.value(7), created: 0.1, now: 600) == .stored)
    store.advance(to: F.at(600.1))
    #expect(!store.hasKey(F.key))
    #expect(
      store.put(F.value(8), at: F.key, created: .distantPast, origin: .remote(F.peer(1)), now: F.at(0))
        == .refused(.expired))
  }

  @Test("N-128: a value of type 5 created 57 s ago goes about 3 s later")
  mutating func shortLife() {
    _ = put(F.value(7, type: 5), created: 0, now: 57)
    _ = store.takeChanges()
    #expect(store.nextDeadline == F.at(60))
    store.advance(to: F.at(59.9))
    #expect(store.takeChanges().isEmpty)
    store.advance(to: F.at(60))
    #expect(store.takeChanges() == [.expired([F.value(7, type: 5)])])
    #expect(store.nextDeadline == nil)
  }

  @Test("N-131: an unknown type is stored for 10 minutes, and never replaced")
  mutating func unknownType() {
    #expect(store.lifetime(ofType: 77) == .seconds(600))
    #expect(put(F.value(7, type: 77), now: 0) == .stored)
    #expect(put(F.signed(8, type: 77), now: 0) == .stored)
    #expect(put(F.value(7, "b", type: 77), now: 1) == .refused(.policy))
    #expect(put(F.signed(8, "b", sequence: 3, type: 77), now: 1) == .refused(.policy))
    store.advance(to: F.at(599))
    #expect(store.statistics.values == 2)
    store.advance(to: F.at(600))
    #expect(store.statistics.values == 0)
  }

  @Test(
    "W§11.2: lifetimes of the built-in types",
    arguments: [
      (0, 600), (1, 300), (2, 900), (3, 300), (4, 604_800), (5, 60), (6, 600), (8, 604_800),
    ] as [(UInt16, Int)])
  func lifetimes(type: UInt16, seconds: Int) { #expect(store.lifetime(ofType: type) == .seconds(seconds)) }

  @Test("W§5.6: a value of 65536 bytes is stored, one byte more is not")
  mutating func largest() {
    #expect(put(F.value(7, size: 65536), now: 0) == .stored)
    #expect(put(F.value(8, size: 65537), now: 0) == .refused(.policy))
  }

  // MARK: Refreshing

  @Test("N-115, W-27: refresh of an unknown key or id says so, and tells nobody")
  mutating func refreshOfNothing() {
    _ = put(F.value(7), now: 0)
    _ = store.takeChanges()
    #expect(store.refresh(7, at: F.hash(2), now: F.at(1)) == .unknownKey)
    #expect(store.refresh(8, at: F.key, now: F.at(1)) == .unknownValue)
    #expect(store.takeChanges().isEmpty)
    #expect(store.refresh(7, at: F.key, now: F.at(300)) == .refreshed)
    #expect(store.takeChanges() == [.refreshed(7)])
    store.advance(to: F.at(899))
    #expect(store.hasKey(F.key))
    // What is due but not swept out yet is unknown, too.
    #expect(store.refresh(7, at: F.key, now: F.at(900)) == .unknownKey)
  }

  @Test("W-26: the same content with a creation time never lives beyond creation + lifetime")
  mutating func oldContentAgain() {
    _ = put(F.value(7), now: 0)
    #expect(put(F.value(7), from: 2, created: 100, now: 500) == .refreshed)
    store.advance(to: F.at(699))
    #expect(store.hasKey(F.key))
    #expect(put(F.value(7), from: 2, created: 50, now: 699.5) == .refused(.expired))
    store.advance(to: F.at(700))
    #expect(!store.hasKey(F.key))
  }

  @Test("W-26: who keeps a value alive is charged for it")
  mutating func refresherPays() {
    _ = put(F.value(7), from: 1, now: 0)
    _ = put(F.value(8), from: 1, now: 0)
    let charge = StoredValue.charge(of: F.value(7))
    #expect(store.accounts.bytes(of: F.ip(1)) == 2 * charge)
    _ = put(F.value(7), from: 2, now: 1)
    _ = store.refresh(8, at: F.key, by: F.peer(3), now: F.at(1))
    #expect(store.accounts.bytes(of: F.ip(1)) == 0 && store.accounts.count == 2)
    #expect(store.accounts.bytes(of: F.ip(2)) == charge && store.accounts.bytes(of: F.ip(3)) == charge)
    #expect(store.exported(now: F.at(1)).map(\.source) == [F.peer(2).address, F.peer(3).address])
    #expect(store.brokenInvariant() == nil)
  }

  // MARK: Our own values

  @Test("W§11.3: our own values bypass policies; a permanent one stays until removed")
  mutating func ourOwn() {
    #expect(putOurs(F.value(7, size: 100_000), isPermanent: true, now: 0) == .stored)
    #expect(putOurs(F.value(7, "other"), isPermanent: true, now: 1) == .edited)
    store.advance(to: F.at(1e6))
    _ = store.takeChanges()
    #expect(store.removeLocal(7, at: F.key) == F.value(7, "other"))
    #expect(store.takeChanges() == [.expired([F.value(7, "other")])])
    #expect(store.removeLocal(7, at: F.key) == nil && !store.hasKey(F.key))
    #expect(store.brokenInvariant() == nil)
  }

  @Test mutating func ourTemporaryValueExpires() {
    #expect(putOurs(F.value(7), created: 100, now: 200) == .stored)
    store.advance(to: F.at(700))
    #expect(!store.hasKey(F.key))
    #expect(putOurs(F.value(7), created: 0, now: 700) == .refused(.expired))
  }

  @Test mutating func theNewestPutDecidesPermanence() {
    _ = putOurs(F.value(7), now: 0)
    #expect(putOurs(F.value(7), isPermanent: true, now: 1) == .refreshed)
    store.advance(to: F.at(5000))
    #expect(store.hasKey(F.key))
    #expect(putOurs(F.value(7), now: 5000) == .refreshed)
    store.advance(to: F.at(5599))
    #expect(store.hasKey(F.key))
    store.advance(to: F.at(5600))
    #expect(!store.hasKey(F.key))
  }

  @Test mutating func oursTakesOverAndOthersDoNot() {
    _ = put(F.value(7), now: 0)
    #expect(store.removeLocal(7, at: F.key) == nil)
    #expect(putOurs(F.value(7), isPermanent: true, now: 1) == .refreshed)
    #expect(store.statistics.localValues == 1 && store.accounts.count == 0)
    // Others who put the same do not get it into their account, nor end its permanence.
    #expect(put(F.value(7), from: 2, now: 2) == .refreshed)
    #expect(store.statistics.localValues == 1 && store.accounts.count == 0)
    store.advance(to: F.at(1e6))
    #expect(store.removeLocal(7, at: F.key) != nil)
    #expect(store.brokenInvariant() == nil)
  }

  @Test("N-138: our own bytes have a limit of their own, and leave the room of others alone")
  mutating func localLimit() {
    var limits = Limits()
    limits.storageBytes = 20_000
    limits.localStorageBytes = 5_000
    store = F.store(limits)
    #expect(putOurs(F.value(1, size: 4_000), isPermanent: true, now: 0) == .stored)
    #expect(putOurs(F.value(2, size: 4_000), isPermanent: true, now: 0) == .refused(.quota))
    #expect(putOurs(F.value(1, size: 4_400), isPermanent: true, now: 0) == .edited)
    for id in UInt64(11)...12 { #expect(put(F.value(id, size: 4_000), now: 0) == .stored) }
    #expect(store.statistics.values == 3 && store.evictionCount == 0)
    // One of others, of more than our limit, cannot become ours.
    #expect(put(F.value(13, size: 5_000), from: 2, now: 1) == .stored)
    #expect(putOurs(F.value(13, size: 5_000), now: 1) == .refused(.quota))
    #expect(store.brokenInvariant() == nil)
  }

  // MARK: Bounds

  @Test("N-137: over the limit the largest source loses what expires first; our own values stay")
  mutating func quota() {
    var limits = Limits()
    limits.storageBytes = 10 * (1000 + Value.overhead)
    store = F.store(limits)
    _ = putOurs(F.value(99, size: 50_000), isPermanent: true, now: 0)
    for id in UInt64(1)...6 { _ = put(F.value(id, size: 1000), from: 1, created: Double(10 - id), now: 10) }
    for id in UInt64(11)...14 { _ = put(F.value(id, size: 1000), from: 2, created: 1, now: 10) }
    _ = store.takeChanges()
    #expect(put(F.value(15, size: 1000), from: 2, now: 11) == .stored)
    #expect(store.takeChanges() == [.added(F.value(15, size: 1000)), .expired([F.value(6, size: 1000)])])
    #expect(store.evictionCount == 1)
    // Now both have five; the older account goes first, so that every run does the same.
    #expect(put(F.value(16, size: 1000), from: 3, now: 12) == .stored)
    #expect(store.takeChanges().last == .expired([F.value(5, size: 1000)]))
    // Now the second has five, the first four.
    #expect(put(F.value(17, size: 1000), from: 3, now: 12) == .stored)
    #expect(store.takeChanges().last == .expired([F.value(11, size: 1000)]))
    #expect(store.value(99, at: F.key) != nil && store.brokenInvariant() == nil)
  }

  @Test("N-137: the new value can itself be what has to go; nobody hears of it")
  mutating func quotaOfTheNewcomer() {
    var limits = Limits()
    limits.storageBytes = 3 * (1000 + Value.overhead)
    store = F.store(limits)
    for id in UInt64(1)...3 { _ = put(F.value(id, size: 1000), now: 10) }
    _ = store.takeChanges()
    #expect(put(F.value(4, size: 1000), created: 0, now: 11) == .refused(.quota))
    #expect(store.takeChanges().isEmpty && store.statistics.values == 3)
    #expect(put(F.value(5, size: 5000), from: 2, now: 11) == .refused(.quota))
    #expect(store.statistics.values == 3 && store.evictionCount == 1)
  }

  @Test("N-137: what was refreshed expires later, and goes later")
  mutating func quotaAfterRefresh() {
    var limits = Limits()
    limits.storageBytes = 3 * (1000 + Value.overhead)
    store = F.store(limits)
    for id in UInt64(1)...3 { _ = put(F.value(id, size: 1000), now: Double(id)) }
    _ = store.refresh(1, at: F.key, by: F.peer(1), now: F.at(50))
    #expect(put(F.value(4, size: 1000), now: 51) == .stored)
    #expect(store.values(at: F.key, matching: .everything).map(\.id) == [1, 3, 4])
  }

  @Test("N-137: IPv6 counts by its first 64 bits, ports do not count")
  mutating func accountsByPrefix() {
    for number in UInt64(1)...3 {
      let address = SocketAddress(ip: IPAddress(ipv6High: 5, low: number), port: UInt16(number))
      let contact = NodeContact(id: F.hash(9), address: address)
      _ = store.put(F.value(number), at: F.key, created: F.at(0), origin: .remote(contact), now: F.at(0))
    }
    #expect(store.accounts.count == 1)
  }

  @Test("W-24: empty values cannot fill the memory, long owner keys count")
  mutating func overhead() {
    var limits = Limits()
    limits.storageBytes = 10_000
    store = F.store(limits)
    for id in UInt64(1)...1000 { _ = put(F.value(id, ""), now: 0) }
    #expect(store.statistics.values == 10_000 / Value.overhead)
    let body = Value.Body(data: [])
    let signature = Value.Signature(owner: [UInt8](repeating: 1, count: 60_000), sequence: 0, signature: [])
    #expect(put(Value(id: 5000, content: .signed(body, signature)), now: 0) == .refused(.quota))
  }

  @Test("Keys and values per key are bounded")
  mutating func full() {
    var limits = Limits()
    limits.storedKeys = 2
    limits.valuesPerKey = 3
    store = F.store(limits)
    for id in UInt64(1)...3 { #expect(put(F.value(id), now: 0) == .stored) }
    #expect(put(F.value(4), now: 0) == .refused(.full))
    #expect(put(F.value(3), now: 0) == .refreshed)
    #expect(put(F.value(1), at: F.hash(2), now: 0) == .stored)
    #expect(put(F.value(1), at: F.hash(3), now: 0) == .refused(.full))
    #expect(putOurs(F.value(5), now: 0) == .stored)  // our own always has a place
    store.advance(to: F.at(600))
    #expect(put(F.value(1), at: F.hash(3), now: 600) == .stored)
  }

  @Test("Refreshing for ever does not let the queues grow")
  mutating func staleEntriesAreSweptOut() {
    for id in UInt64(1)...10 { _ = put(F.value(id), now: 0) }
    for step in 0..<5000 {
      _ = store.refresh(
        UInt64(step % 10 + 1), at: F.key, by: F.peer(UInt32(step % 7 + 1)), now: F.at(Double(step) / 10))
      _ = store.takeChanges()
    }
    #expect(store.expiries.count <= 84 && store.brokenInvariant() == nil)
    for step in 0..<5000 {
      _ = putOurs(F.value(100), isPermanent: step % 2 == 0, now: 500)
      _ = store.takeChanges()
    }
    #expect(store.expiries.count <= 90 && store.brokenInvariant() == nil)
  }

  // MARK: Reading

  @Test mutating func valuesStandInTheOrderTheyCame() {
    let ids: [UInt64] = [5, 3, 9, 1, 7]
    for id in ids { _ = put(F.value(id, "\(id)"), now: 0) }
    #expect(store.values(at: F.key, matching: .everything).map(\.id) == ids)
    _ = putOurs(F.value(9, "new"), now: 1)
    #expect(store.values(at: F.key, matching: .everything).map(\.id) == ids)
    _ = store.removeLocal(9, at: F.key)
    _ = put(F.value(9), now: 2)
    #expect(store.values(at: F.key, matching: .everything).map(\.id) == [5, 3, 1, 7, 9])
    #expect(store.values(at: F.hash(2), matching: .everything).isEmpty)
  }

  @Test("W§6.2: all tests of a query must hold")
  mutating func queries() {
    _ = put(F.value(1, "a", type: 3), now: 0)
    _ = put(F.signed(2, "b", owner: 4, type: 3), now: 0)
    _ = put(F.signed(3, "c", owner: 5), now: 0)
    _ = put(F.encrypted(4), now: 0)
    func ids(_ filters: Query.Filter...) -> [UInt64] {
      store.values(at: F.key, matching: Query(where: filters)).map(\.id)
    }
    #expect(ids(.valueType(3)) == [1, 2])
    #expect(ids(.valueType(0)) == [3, 4])
    #expect(ids(.id(2)) == [2])
    #expect(ids(.id(2), .valueType(0)) == [])
    #expect(ids(.valueType(3), .id(2)) == [2])
    #expect(ids(.id(2), .id(1)) == [])
    #expect(ids(.owner(InfoHash(4, 0, 0, 0, 7))) == [2])
    #expect(ids(.id(77)) == [])
  }

  @Test mutating func valuesOfOneKeyExpireInOneChange() {
    for id in UInt64(1)...3 {
      _ = put(F.value(id), now: 0)
      _ = put(F.value(id), at: F.hash(2), now: 0)
    }
    while store.takeChange() != nil {}
    store.advance(to: F.at(600))
    let all = (UInt64(1)...3).map { F.value($0) }
    #expect(store.takeChange() == StoreChange(key: F.key, kind: .expired(all)))
    #expect(store.takeChange() == StoreChange(key: F.hash(2), kind: .expired(all)))
    #expect(store.takeChange() == nil)
  }

  @Test mutating func describesAndExports() {
    _ = store.put(F.value(2), at: F.hash(9), created: F.at(5), origin: .remote(F.peer(1)), now: F.at(10))
    _ = putOurs(F.value(1), isPermanent: true, now: 20)
    let descriptions = store.descriptions(at: nil, now: F.at(30))
    #expect(descriptions.map(\.key) == [F.key, F.hash(9)])
    let ours = StorageDescription.Entry(value: F.value(1), age: .seconds(10), remaining: nil, source: nil)
    let other = StorageDescription.Entry(
      value: F.value(2), age: .seconds(25), remaining: .seconds(575), source: F.ip(1))
    #expect(descriptions.map(\.values) == [[ours], [other]])
    #expect(store.descriptions(at: F.hash(9), now: F.at(30)) == [descriptions[1]])
    #expect(store.descriptions(at: F.hash(8), now: F.at(30)).isEmpty)
    let exported = [
      ExportedValue(key: F.key, value: F.value(1), created: F.at(20), expires: nil, source: nil),
      ExportedValue(
        key: F.hash(9), value: F.value(2), created: F.at(5), expires: F.at(605), source: F.peer(1).address),
    ]
    #expect(store.exported(now: F.at(30)) == exported)
    #expect(store.exported(now: F.at(605)) == [exported[0]])
    let statistics = store.statistics
    #expect(statistics.keys == 2 && statistics.values == 2 && statistics.bytes == 2)
    #expect(statistics.localValues == 1 && statistics.localBytes == 1)
  }

  @Test("W-23: a /24 whose addresses together have most loses first, and leaves the values of others")
  func ranges() {
    var limits = Limits()
    limits.storageBytes = 100_000
    var store = F.store(limits)
    func put(_ id: Value.ID, size: Int, from ip: UInt32) -> ValueStore.Put {
      let source = NodeContact(id: F.hash(ip), address: SocketAddress(ip: IPAddress(ipv4: ip), port: 4222))
      return store.put(
        F.value(id, size: size), at: F.hash(UInt32(id)), created: F.at(0), origin: .remote(source), now: F.at(0))
    }
    // Honest, and larger than any single address of the crowd.
    for id in UInt64(1)...3 { #expect(put(id, size: 9_000, from: 0x0505_0501) == .stored) }
    for host in 1...250 as ClosedRange<UInt32> { _ = put(1000 + UInt64(host), size: 4_000, from: 0x0102_0300 + host) }
    for id in UInt64(1)...3 { #expect(store.value(id, at: F.hash(UInt32(id))) != nil) }
    #expect(store.accounts.bytes <= 100_000 && store.brokenInvariant() == nil)
  }

  @Test("W-23: a /48 counts as one network")
  func largeRange() {
    var limits = Limits()
    limits.storageBytes = 50_000
    var store = F.store(limits)
    func put(_ id: Value.ID, size: Int, high: UInt64) {
      let address = SocketAddress(ip: IPAddress(ipv6High: high, low: 1), port: 4222)
      _ = store.put(
        F.value(id, size: size), at: F.hash(UInt32(id)), created: F.at(0),
        origin: .remote(NodeContact(id: F.hash(9), address: address)), now: F.at(0))
    }
    put(1, size: 9_000, high: 0x2001_0db8_0001_0000)
    for subnet in 1...100 as ClosedRange<UInt64> {
      put(100 + subnet, size: 2_000, high: 0x2001_0db8_0002_0000 + subnet)
    }
    #expect(store.value(1, at: F.hash(1)) != nil && store.brokenInvariant() == nil)
  }

  @Test("W-23: one network gets only so much of a key; others, and other keys, are free; loopback is not one network")
  func shares() {
    var limits = Limits()
    limits.storageBytesPerKeyAndRange = 10_000
    var store = F.store(limits)
    func put(_ id: Value.ID, at key: InfoHash, from ip: UInt32) -> ValueStore.Put {
      let source = NodeContact(id: F.hash(ip), address: SocketAddress(ip: IPAddress(ipv4: ip), port: 4222))
      return store.put(F.value(id, size: 4_000), at: key, created: F.at(0), origin: .remote(source), now: F.at(0))
    }
    #expect(put(1, at: F.key, from: 0x0102_0301) == .stored && put(2, at: F.key, from: 0x0102_0302) == .stored)
    #expect(put(3, at: F.key, from: 0x0102_0303) == .refused(.quota))
    #expect(put(3, at: F.hash(2), from: 0x0102_0303) == .stored && put(3, at: F.key, from: 0x0102_0401) == .stored)
    for id in UInt64(10)...14 { #expect(put(id, at: F.key, from: 0x7f00_0001) == .stored) }
    store.advance(to: F.at(3600))
    #expect(store.shares.isEmpty)
  }
}
