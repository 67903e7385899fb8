/// When the server says that it cannot serve.
public struct HealthSettings: Hashable, Sendable {
  /// Time at the start in which a node that is not connected yet is only starting: puts and gets wait for it, and are not
  /// refused. Finding the first nodes takes a second or two, with names to resolve and lost packets some more.
  public var grace: Duration = .seconds(10)
  /// Time that the node may be without connection before it counts as cut off, and puts and gets are refused at once. A
  /// node on a bad line comes and goes within seconds.
  public var tolerance: Duration = .seconds(5)
  /// Time between questions to the node's own loop.
  public var pulse: Duration = .seconds(5)
  /// Time without an answer of the node's own loop after which the process does not count as alive.
  public var pulseDeadline: Duration = .seconds(30)

  /// The defaults.
  public init() {}
}
