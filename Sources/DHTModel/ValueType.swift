/// Kind of a value: how long it is kept, and who may store or replace it.
///
/// Number, lifetime and policies are local knowledge and never travel.
public struct ValueType: Sendable {
  /// Who asks for a value to be stored, and where.
  public struct Origin: Sendable {
    /// Where it is to be stored.
    public let key: InfoHash
    /// Who asks.
    public let sender: NodeID
    /// From where the request came.
    public let address: SocketAddress

    /// A request of `sender` at `address` to store under `key`.
    public init(key: InfoHash, sender: NodeID, address: SocketAddress) {
      self.key = key
      self.sender = sender
      self.address = address
    }
  }

  /// May this new value be stored? Returns it, possibly rewritten, or nil to refuse.
  public typealias StorePolicy = @Sendable (_ value: Value, _ origin: Origin) -> Value?
  /// May `new` replace `old` under the same id? Returns what to store, or nil to refuse.
  public typealias EditPolicy = @Sendable (_ old: Value, _ new: Value, _ origin: Origin) -> Value?

  /// The number that values carry.
  public var id: UInt16
  /// A name for people.
  public var name: String
  /// How long a value lives after its creation or last refresh.
  public var lifetime: Duration
  /// Who may store a value of this type.
  public var mayStore: StorePolicy
  /// Who may replace one.
  public var mayEdit: EditPolicy
  /// Whether the policies take long for a value, as when they verify a signature: they then run away from the node's
  /// own thread, and the value is answered for when they are done.
  public var isSlow: @Sendable (_ value: Value) -> Bool

  /// A type with its policies. By default a value is stored up to 64 KiB, and never replaced.
  public init(
    id: UInt16, name: String, lifetime: Duration,
    mayStore: @escaping StorePolicy = ValueType.storeUpToMaximumSize,
    mayEdit: @escaping EditPolicy = ValueType.refuseEdit,
    isSlow: @escaping @Sendable (_ value: Value) -> Bool = { _ in false }
  ) {
    self.id = id
    self.name = name
    self.lifetime = lifetime
    self.mayStore = mayStore
    self.mayEdit = mayEdit
    self.isSlow = isSlow
  }

  /// Largest `Value.size` that nodes of the network store by default, in bytes. (wire.md §5.6)
  public static let maximumValueSize = 65536
  /// Lifetime of user data and of unknown types. (wire.md §11.2)
  public static let defaultLifetime: Duration = .seconds(600)

  /// Stores a value of at most 65536 bytes.
  public static let storeUpToMaximumSize: StorePolicy = { value, _ in value.size <= maximumValueSize ? value : nil }
  /// Refuses every edit.
  public static let refuseEdit: EditPolicy = { _, _, _ in nil }
}
