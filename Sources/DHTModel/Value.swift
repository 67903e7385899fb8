/// Data kept under a key.
///
/// A value is plain, signed, or encrypted. A signed one carries its owner's key and a sequence number;
/// an encrypted one shows nothing but its id until it is opened.
public struct Value: Hashable, Sendable, Identifiable {
  /// Names a value under its key. 0 means "not chosen yet"; a put replaces it by a random one.
  public typealias ID = UInt64

  /// What stands in a value.
  public enum Content: Hashable, Sendable {
    /// A body that anybody can read, and anybody can replace unless the type's policy forbids it.
    case plain(Body)
    /// A body with its owner's signature, which proves who wrote it. Only the owner can replace it.
    indirect case signed(Body, Signature)
    /// The cypher, unopened.
    case encrypted([UInt8])
  }

  /// What the application wrote.
  public struct Body: Hashable, Sendable {
    /// Number of the value's type; sets lifetime and policies. Never interpreted by other nodes than those that know it.
    public var type: UInt16
    /// The payload.
    public var data: [UInt8]
    /// UTF-8 text of the user type, empty for none. Kept as bytes, so that a value is passed on exactly as signed.
    public var userTypeBytes: [UInt8]

    /// A body.
    public init(type: UInt16 = 0, data: [UInt8], userTypeBytes: [UInt8] = []) {
      self.type = type
      self.data = data
      self.userTypeBytes = userTypeBytes
    }
  }

  /// What signing adds. (wire.md §5.1)
  public struct Signature: Hashable, Sendable {
    /// DER SubjectPublicKeyInfo of the signer.
    public var owner: [UInt8]
    /// Grows with each edit; 0 … 65535, no wrap-around.
    public var sequence: UInt16
    /// Key id of the recipient; only in values made to be encrypted.
    public var recipient: InfoHash?
    /// RSASSA-PKCS1-v1_5 with SHA-512 over the packed body.
    public var signature: [UInt8]

    /// The four fields of a signature.
    public init(owner: [UInt8], sequence: UInt16, recipient: InfoHash? = nil, signature: [UInt8]) {
      self.owner = owner
      self.sequence = sequence
      self.recipient = recipient
      self.signature = signature
    }
  }

  /// Names the value under its key; 0 is not yet chosen.
  public var id: ID
  /// Plain, signed or encrypted.
  public var content: Content
  /// Priority of a push notification: 0 high, 1 normal.
  public var priority: UInt64
  /// Kind of push notification, UTF-8, empty for none.
  public var pushTypeBytes: [UInt8]

  /// Whether it came encrypted for us, and was opened here. Never travels, so nobody else can claim it.
  public package(set) var wasEncrypted = false

  /// A value of any content.
  public init(id: ID = 0, content: Content, priority: UInt64 = 0, pushTypeBytes: [UInt8] = []) {
    self.id = id
    self.content = content
    self.priority = priority
    self.pushTypeBytes = pushTypeBytes
  }

  /// A plain value.
  public init(_ data: [UInt8], userType: String = "", type: UInt16 = 0, id: ID = 0) {
    self.init(id: id, content: .plain(Body(type: type, data: data, userTypeBytes: Array(userType.utf8))))
  }

  /// A plain text: its UTF-8 bytes with the user type `text/plain`, as the network's tools write it.
  public init(_ text: String, id: ID = 0) {
    self.init(Array(text.utf8), userType: "text/plain", id: id)
  }
}

extension Value {
  /// The body; nil for an encrypted value.
  public var body: Body? {
    switch content {
    case .plain(let body), .signed(let body, _): body
    case .encrypted: nil
    }
  }
  /// The signature; nil unless signed.
  public var signature: Signature? {
    if case .signed(_, let signature) = content { signature } else { nil }
  }
  /// The cypher; nil unless encrypted.
  public var cypher: [UInt8]? {
    if case .encrypted(let cypher) = content { cypher } else { nil }
  }
  /// Number of the type; an encrypted value shows 0.
  public var type: UInt16 { body?.type ?? 0 }
  /// The payload; empty for an encrypted value.
  public var data: [UInt8] { body?.data ?? [] }
  /// The user type as text, empty for none.
  public var userType: String { String(decoding: body?.userTypeBytes ?? [], as: UTF8.self) }
  /// The payload as text, when it is UTF-8.
  public var text: String? { body.flatMap { String(validating: $0.data, as: UTF8.self) } }
  /// Sequence number; 0 unless signed.
  public var sequence: UInt16 { signature?.sequence ?? 0 }

  /// Bytes that count for limits and quotas: cypher, data, signature, user type, push type. (wire.md §5.6)
  public var size: Int {
    switch content {
    case .plain(let body): body.data.count + body.userTypeBytes.count + pushTypeBytes.count
    case .signed(let body, let signature):
      body.data.count + body.userTypeBytes.count + signature.signature.count + pushTypeBytes.count
    case .encrypted(let cypher): cypher.count + pushTypeBytes.count
    }
  }

  /// Whether both say the same: the cypher of encrypted values, else owner, type, data, user type, signature.
  /// Id, sequence, recipient and priority are not compared. (wire.md §3.5)
  public func hasSameContent(as other: Value) -> Bool {
    switch (content, other.content) {
    case (.encrypted(let x), .encrypted(let y)): x == y
    case (.plain(let x), .plain(let y)): x == y
    case (.signed(let x, let s), .signed(let y, let t)): x == y && s.owner == t.owner && s.signature == t.signature
    case (.encrypted, _), (.plain, _), (.signed, _): false
    }
  }
}
