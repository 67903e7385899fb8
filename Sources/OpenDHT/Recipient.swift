public import DHTModel
public import DHTSecurity

/// Whom a value is encrypted for.
///
/// Peers up to 3.4 publish their certificate under the id of their key, those since 3.7.2 under its long id: give both
/// where you have them, or the key itself. (crypto.md §5.4)
public struct Recipient: Hashable, Sendable {
  /// SHA-1 of the key, if it is known.
  public let id: InfoHash?
  /// SHA-256 of the key, if it is known.
  public let longID: PublicKeyID?
  /// The key, if it is known: nothing has to be looked up then.
  public let key: PublicKey?

  /// The owner of a key.
  public static func key(_ key: PublicKey) -> Recipient { Recipient(id: key.id, longID: key.longID, key: key) }
  /// Whose key has this id, as peers up to 3.4 know it.
  public static func id(_ id: InfoHash) -> Recipient { Recipient(id: id) }
  /// Whose key has this long id, as peers since 3.7 know it.
  public static func longID(_ id: PublicKeyID) -> Recipient { Recipient(longID: id) }
  /// Whose key has both ids: found whichever of them its certificate is published under.
  public static func ids(_ id: InfoHash, _ longID: PublicKeyID) -> Recipient { Recipient(id: id, longID: longID) }

  /// Reads an id of 40 hexadecimal digits or a long id of 64; nil for anything else.
  public init?(hex: some StringProtocol) {
    if let id = InfoHash(hex: hex) {
      self.init(id: id)
    } else if let longID = PublicKeyID(hex: hex) {
      self.init(longID: longID)
    } else {
      return nil
    }
  }

  private init(id: InfoHash? = nil, longID: PublicKeyID? = nil, key: PublicKey? = nil) {
    (self.id, self.longID, self.key) = (id, longID, key)
  }

  /// Where its certificate may stand, the newer peers' place first.
  var certificateKeys: [InfoHash] { [longID?.certificateKey, id].compactMap { $0 } }

  /// Whether a key is that of the recipient, by every id that is known.
  func isOwner(of key: PublicKey) -> Bool {
    (id.map { $0 == key.id } ?? true) && (longID.map { $0 == key.longID } ?? true) && (id != nil || longID != nil)
  }
}

extension Recipient: CustomStringConvertible {
  /// The long id if it is known, else the id.
  public var description: String { longID?.description ?? id?.description ?? "nobody" }
}
