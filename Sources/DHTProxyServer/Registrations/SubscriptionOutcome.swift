/// What became of a SUBSCRIBE. (proxy.md §8.2)
package enum SubscriptionOutcome: Equatable, Sendable {
  /// There was none; what is known is pushed. Answered with `{}` and its length.
  case new
  /// There was one, and the client knows the values. Answered with `{}`, as a stream.
  case refreshed
  /// There was one; answered with the values, as a get.
  case known
}
