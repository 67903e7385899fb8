import DHTModel

/// A value of others on its way into storage, with the policy that decides on it.
struct Admission: Sendable {
  /// What a policy said.
  struct Decision: Sendable {
    /// The value that would be replaced; the decision holds for no other.
    let old: Value?
    /// What to store, possibly rewritten; nil to refuse.
    let accepted: Value?
  }

  let value: Value
  let old: Value?
  /// The type whose policies count: that of the old value, if there is one.
  let type: ValueType
  let origin: ValueType.Origin

  func decide() -> Decision {
    let accepted = old.map { type.mayEdit($0, value, origin) } ?? type.mayStore(value, origin)
    return Decision(old: old, accepted: accepted)
  }
}
