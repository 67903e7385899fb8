/// What to fetch from a key: which fields, of which values.
public struct Query: Hashable, Sendable {
  /// A field of a value; raw values are those of the wire. (wire.md §6.1)
  public enum Field: UInt8, Hashable, Sendable, CaseIterable {
    /// The id that names a value under its key.
    case id = 1
    /// Number of the type.
    case valueType = 2
    /// SHA-1 of the owner's public key.
    case owner = 3
    /// Sequence number of a signed value.
    case sequence = 4
    /// User type, such as `text/plain`.
    case userType = 5
  }

  /// One test; all tests of a query must hold.
  public enum Filter: Hashable, Sendable {
    /// The value of this id.
    case id(Value.ID)
    /// Values of the type with this number.
    case valueType(UInt16)
    /// SHA-1 of the owner's key. Unsigned and encrypted values never match.
    case owner(InfoHash)
    /// Has no packed form, so it does not travel; applied on our side only. (wire.md §6.5)
    case sequence(UInt16)
    /// Values whose user type is these bytes, compared exactly.
    case userType([UInt8])

    /// The field that is tested.
    public var field: Field {
      switch self {
      case .id: .id
      case .valueType: .valueType
      case .owner: .owner
      case .sequence: .sequence
      case .userType: .userType
      }
    }
  }

  /// Fields to return, in the order asked, each once; empty for whole values.
  public var select: [Field]
  /// Tests that must all hold.
  public var filters: [Filter]

  /// A query; by default for everything.
  public init(select: [Field] = [], where filters: [Filter] = []) {
    self.select = select
    self.filters = filters
  }

  /// Whole values, all of them.
  public static let everything = Query()
}

extension Query {
  /// Whether the answer to `other` also answers this query: `other` filters no more and selects no less. (wire.md §6.4)
  public func isSatisfied(by other: Query) -> Bool {
    guard other.filters.allSatisfy({ filters.contains($0) }) else { return false }
    return select.isEmpty ? other.select.isEmpty : select.allSatisfy { other.select.contains($0) }
  }

  /// Whether a value passes every test. `ownerID` hashes an owner's key; the caller supplies it, since only
  /// the security layer knows how.
  public func matches(_ value: Value, ownerID: (_ owner: [UInt8]) -> InfoHash?) -> Bool {
    filters.allSatisfy { filter in
      switch filter {
      case .id(let id): value.id == id
      case .valueType(let type): value.type == type
      case .owner(let id): value.signature.flatMap { ownerID($0.owner) } == id
      case .sequence(let sequence): value.sequence == sequence
      case .userType(let type): (value.body?.userTypeBytes ?? []) == type
      }
    }
  }
}

/// The selected fields of one value; nil where a field was not selected.
public struct FieldRecord: Hashable, Sendable {
  /// The value's id.
  public var id: Value.ID?
  /// Number of its type.
  public var valueType: UInt16?
  /// SHA-1 of the owner's key; the zero hash for an unsigned value.
  public var owner: InfoHash?
  /// Sequence number; 0 for an unsigned value.
  public var sequence: UInt16?
  /// User type as bytes.
  public var userTypeBytes: [UInt8]?

  /// A record of the given fields.
  public init(
    id: Value.ID? = nil, valueType: UInt16? = nil, owner: InfoHash? = nil,
    sequence: UInt16? = nil, userTypeBytes: [UInt8]? = nil
  ) {
    self.id = id
    self.valueType = valueType
    self.owner = owner
    self.sequence = sequence
    self.userTypeBytes = userTypeBytes
  }
}
