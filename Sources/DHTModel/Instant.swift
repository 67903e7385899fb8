/// A moment of a monotonic clock. Its origin is the driver's choice and means nothing.
public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the origin.
  public var nanoseconds: Int64

  /// A moment that many nanoseconds after the origin.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Before every moment that a clock shows.
  public static let distantPast = Instant(nanoseconds: .min / 2)
  /// After every moment that a clock shows.
  public static let distantFuture = Instant(nanoseconds: .max / 2)

  /// Whether `x` comes first.
  public static func < (x: Instant, y: Instant) -> Bool { x.nanoseconds < y.nanoseconds }
  /// A later moment; saturates far in the future rather than overflow.
  public static func + (x: Instant, y: Duration) -> Instant {
    let (sum, overflow) = x.nanoseconds.addingReportingOverflow(y.inNanoseconds)
    return overflow ? .distantFuture : Instant(nanoseconds: sum)
  }
  /// An earlier moment; saturates far in the past.
  public static func - (x: Instant, y: Duration) -> Instant {
    let (difference, overflow) = x.nanoseconds.subtractingReportingOverflow(y.inNanoseconds)
    return overflow ? .distantPast : Instant(nanoseconds: difference)
  }
  /// Time from `y` to `x`; saturates.
  public static func - (x: Instant, y: Instant) -> Duration {
    let (difference, overflow) = x.nanoseconds.subtractingReportingOverflow(y.nanoseconds)
    return .nanoseconds(overflow ? (x > y ? Int64.max : Int64.min) : difference)
  }
  /// Moves a moment later.
  public static func += (x: inout Instant, y: Duration) { x = x + y }
}

extension Duration {
  /// Whole nanoseconds, saturating at ±292 years.
  public var inNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds > 0 ? .max : .min }
    let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
    return carry ? (seconds > 0 ? .max : .min) : sum
  }

  /// Seconds as a number, for people and statistics.
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}

/// A date: appears only where the wire or a file carries one.
public struct WallTime: Hashable, Comparable, Sendable {
  /// Nanoseconds since 1970-01-01 00:00 UTC.
  public var nanoseconds: Int64

  /// A date that many nanoseconds after 1970-01-01 00:00 UTC.
  public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
  /// A date of whole seconds since 1970-01-01 00:00 UTC, the form the wire carries.
  public init(seconds: Int64) {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    nanoseconds = overflow ? (seconds > 0 ? .max : .min) : product
  }

  /// Whole seconds since 1970-01-01 00:00 UTC.
  public var seconds: Int64 { nanoseconds / 1_000_000_000 }

  /// Whether `x` comes first.
  public static func < (x: WallTime, y: WallTime) -> Bool { x.nanoseconds < y.nanoseconds }
  /// Time from `y` to `x`; saturates.
  public static func - (x: WallTime, y: WallTime) -> Duration {
    let (difference, overflow) = x.nanoseconds.subtractingReportingOverflow(y.nanoseconds)
    return .nanoseconds(overflow ? (x > y ? Int64.max : Int64.min) : difference)
  }
  /// A later date; saturates.
  public static func + (x: WallTime, y: Duration) -> WallTime {
    let (sum, overflow) = x.nanoseconds.addingReportingOverflow(y.inNanoseconds)
    return WallTime(nanoseconds: overflow ? .max : sum)
  }
}
