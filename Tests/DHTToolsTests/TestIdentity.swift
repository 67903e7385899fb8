import OpenDHT

/// Identities with small keys, made once.
enum TestIdentity {
  static let alice = make("alice")
  static let bob = make("bob")

  private static func make(_ name: String) -> Identity {
    do { return try Identity.generate(name: name, bits: 2048) } catch { fatalError("\(error)") }
  }
}
