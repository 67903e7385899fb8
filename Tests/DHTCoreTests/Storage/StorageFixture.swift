import DHTModel

@testable import DHTCore

/// Short names for what storage tests are made of.
enum StorageFixture {
  static let key = hash(1)

  static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
  static func hash(_ number: UInt32) -> InfoHash { InfoHash(number, 2, 3, 4, 5) }
  static func ip(_ number: UInt32) -> IPAddress { IPAddress(ipv4: 0x0a00_0000 + number) }
  static func peer(_ number: UInt32, port: UInt16 = 4222) -> NodeContact {
    NodeContact(id: hash(1000 + number), address: SocketAddress(ip: ip(number), port: port))
  }
  static func value(_ id: Value.ID, _ text: String = "v", type: UInt16 = 0) -> Value {
    Value(Array(text.utf8), type: type, id: id)
  }
  static func value(_ id: Value.ID, size: Int, type: UInt16 = 0) -> Value {
    Value([UInt8](repeating: UInt8(truncatingIfNeeded: id), count: size), type: type, id: id)
  }
  static func signed(
    _ id: Value.ID, _ text: String = "v", owner: UInt8 = 1, sequence: UInt16 = 0, type: UInt16 = 0
  ) -> Value {
    let body = Value.Body(type: type, data: Array(text.utf8))
    let signature = Value.Signature(owner: [owner], sequence: sequence, signature: Array(text.utf8))
    return Value(id: id, content: .signed(body, signature))
  }
  static func encrypted(_ id: Value.ID) -> Value { Value(id: id, content: .encrypted([9, 9])) }

  /// Types whose policies look as those of the security layer will: the owner may edit, with a higher sequence number.
  static let types = ValueType.builtIn.map { type in
    var type = type
    if type.id == 0 {
      type.mayEdit = { old, new, _ in
        guard let x = old.signature, let y = new.signature, x.owner == y.owner else { return nil }
        return y.sequence > x.sequence ? new : nil
      }
    }
    return type
  }

  static func store(_ limits: Limits = Limits(), types: [ValueType] = types) -> ValueStore {
    ValueStore(types: types, limits: limits) { owner in InfoHash(UInt32(owner.first ?? 0), 0, 0, 0, 7) }
  }
}

extension ValueStore {
  /// Everything that changed since last asked.
  mutating func takeChanges() -> [StoreChange.Kind] {
    var kinds: [StoreChange.Kind] = []
    while let change = takeChange() { kinds.append(change.kind) }
    return kinds
  }
}
