internal import DHTModel

/// What filters look at, without the data of a value.
struct ValueFields: Equatable, Sendable {
  var id: Value.ID
  var type: UInt16
  var sequence: UInt16
  /// SHA-1 of the owner's key; nil for an unsigned value.
  var owner: InfoHash?
  var userType: [UInt8]

  init(_ value: Value, ownerID: ([UInt8]) -> InfoHash) {
    id = value.id
    type = value.type
    sequence = value.sequence
    owner = value.signature.map { ownerID($0.owner) }
    userType = value.body?.userTypeBytes ?? []
  }

  /// Whether all filters let it pass. (wire.md §6.4)
  func passes(_ filters: [Query.Filter]) -> Bool {
    filters.allSatisfy { filter in
      switch filter {
      case .id(let id): self.id == id
      case .valueType(let type): self.type == type
      case .owner(let owner): self.owner == owner
      case .sequence(let sequence): self.sequence == sequence
      case .userType(let bytes): userType == bytes
      }
    }
  }
}
