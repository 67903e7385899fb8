/// What stands between the network and the application: verifies signed values, and opens encrypted ones.
///
/// The security layer makes one. The node hands it every value that is signed or encrypted before it tells of it, away
/// from its own thread. Values that nobody signed or encrypted pass as they are. (crypto.md §6.1)
public struct ValueOpener: Sendable {
  /// What became of a value.
  public enum Opening: Hashable, Sendable {
    /// Deliver this: the value itself, verified, or what was inside it.
    case opened(Value)
    /// Deliver nothing.
    case refused(Refusal)
  }
  /// Why a value is not delivered.
  public enum Refusal: Hashable, Sendable {
    /// The signature is not the owner's, outside or inside the cypher.
    case badSignature
    /// Encrypted for somebody else, damaged, or we have no key. Which of them is told to nobody. (crypto.md §3.3)
    case notForUs
  }

  /// Verifies or opens a value that is signed or encrypted. Runs on any thread, and may take milliseconds.
  public var open: @Sendable (_ value: Value) -> Opening

  /// An opener.
  public init(_ open: @escaping @Sendable (_ value: Value) -> Opening) { self.open = open }
}

extension Value {
  /// Whether anything has to be verified or decrypted before the value is what it seems.
  public var isSealed: Bool {
    switch content {
    case .plain: false
    case .signed, .encrypted: true
    }
  }
}
