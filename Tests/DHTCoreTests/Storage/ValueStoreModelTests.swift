import DHTModel
import Testing

@testable import DHTCore

/// The store against `NaiveStore`, over sequences of random calls.
@Suite struct ValueStoreModelTests {
  typealias F = StorageFixture

  struct Setting: Sendable, CustomTestStringConvertible {
    var name: String
    var storageBytes: Int?
    var localStorageBytes: Int?
    var storedKeys = 1 << 20
    var valuesPerKey = 1 << 16
    var longestPause: Double
    var testDescription: String { name }
  }
  static let settings = [
    Setting(name: "no limit", longestPause: 30),
    Setting(name: "tight quota", storageBytes: 20_000, longestPause: 10),
    Setting(
      name: "tight everything", storageBytes: 6_000, localStorageBytes: 3_000, storedKeys: 3, valuesPerKey: 4,
      longestPause: 20),
  ]

  @Test("N-137, W-20, W-26, W-27: every call does what a plain list would", arguments: settings, UInt64(1)...25)
  func agreesWithAList(setting: Setting, seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var limits = Limits()
    limits.storageBytes = setting.storageBytes
    limits.localStorageBytes = setting.localStorageBytes
    limits.storedKeys = setting.storedKeys
    limits.valuesPerKey = setting.valuesPerKey
    var store = F.store(limits)
    var model = NaiveStore(limits: limits, types: F.types)
    var now = 1000.0
    for step in 0..<400 {
      now += Double.random(in: 0.001...setting.longestPause, using: &random)
      let call = Call.random(using: &random, now: now)
      let (result, expected) = call.perform(on: &store, and: &model, now: F.at(now))
      #expect(result == expected, "seed \(seed), step \(step): \(call)")
      var changes: [StoreChange] = []
      while let change = store.takeChange() { changes.append(change) }
      #expect(changes == model.changes, "seed \(seed), step \(step): \(call)")
      model.changes = []
      let difference = difference(store, model, now: F.at(now))
      #expect(difference == nil, "seed \(seed), step \(step): \(call)")
      if result != expected || difference != nil { return }
    }
  }

  /// What distinguishes the store from the model; one text, since an expectation per fact takes most of the time.
  private func difference(_ store: ValueStore, _ model: NaiveStore, now: Instant) -> String? {
    if let broken = store.brokenInvariant() { return broken }
    for number in UInt32(1)...6 {
      let key = F.hash(number)
      let expected = model.entries.filter { $0.key == key }.map(\.value)
      if store.values(at: key, matching: .everything) != expected { return "values at \(number)" }
      if store.hasKey(key) == expected.isEmpty { return "key \(number)" }
    }
    let entries = model.entries.enumerated()
      .filter { $0.element.expires.map { $0 > now } ?? true }
      .sorted { ($0.element.key, $0.offset) < ($1.element.key, $1.offset) }
      .map { _, entry in
        ExportedValue(
          key: entry.key, value: entry.value, created: entry.created, expires: entry.expires,
          source: entry.source?.address)
      }
    if store.exported(now: now) != entries { return "exported values" }
    let first = model.entries.compactMap(\.expires).min()
    guard let next = store.nextDeadline else { return first == nil ? nil : "no deadline" }
    return next <= first ?? .distantFuture ? nil : "late deadline"
  }
}

extension ValueStoreModelTests {
  enum Call {
    case put(Value, key: InfoHash, created: Double, origin: ValueStore.Origin)
    case refresh(Value.ID, key: InfoHash, by: NodeContact)
    case removeLocal(Value.ID, key: InfoHash)
    case advance

    static func random(using random: inout RandomSource, now: Double) -> Call {
      let key = StorageFixture.hash(UInt32.random(in: 1...6, using: &random))
      let id = UInt64.random(in: 1...5, using: &random)
      // IPv4 addresses, two of which answer for most.
      let peer = StorageFixture.peer(min(UInt32.random(in: 1...9, using: &random), 6))
      switch Int.random(in: 0..<20, using: &random) {
      case 0..<12:
        let age = Bool.random(using: &random) ? 0 : Double.random(in: -10...700, using: &random)
        return .put(value(id, using: &random), key: key, created: now - age, origin: .remote(peer))
      case 12..<15:
        let isPermanent = Bool.random(using: &random)
        let age = Bool.random(using: &random) ? 0 : Double.random(in: -10...700, using: &random)
        return .put(
          value(id, using: &random), key: key, created: now - age, origin: .local(isPermanent: isPermanent))
      case 15..<17: return .refresh(id, key: key, by: peer)
      case 17..<19: return .removeLocal(id, key: key)
      default: return .advance
      }
    }

    private static func value(_ id: Value.ID, using random: inout RandomSource) -> Value {
      let size = [1, 1, 50, 600].randomElement(using: &random) ?? 1
      let type: UInt16 = [0, 0, 0, 5, 4, 77].randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        let text = String(repeating: "s", count: size)
        let sequence = UInt16.random(in: 0...9, using: &random)
        return StorageFixture.signed(id, text + "\(sequence)", sequence: sequence, type: type)
      case 1: return StorageFixture.encrypted(id)
      default: return StorageFixture.value(id, String(repeating: "p", count: size), type: type)
      }
    }

    enum Result: Equatable { case put(ValueStore.Put), refresh(ValueStore.Refresh), removed(Value?), nothing }

    func perform(on store: inout ValueStore, and model: inout NaiveStore, now: Instant) -> (Result, Result) {
      switch self {
      case .put(let value, let key, let created, let origin):
        let created = StorageFixture.at(created)
        return (
          .put(store.put(value, at: key, created: created, origin: origin, now: now)),
          .put(model.put(value, at: key, created: created, origin: origin, now: now))
        )
      case .refresh(let id, let key, let peer):
        return (
          .refresh(store.refresh(id, at: key, by: peer, now: now)),
          .refresh(model.refresh(id, at: key, by: peer, now: now))
        )
      case .removeLocal(let id, let key):
        return (.removed(store.removeLocal(id, at: key)), .removed(model.removeLocal(id, at: key)))
      case .advance:
        store.advance(to: now)
        model.advance(to: now)
        return (.nothing, .nothing)
      }
    }
  }
}
