/// What the network does to packets. Bandwidth is unlimited.
public struct NetworkModel: Sendable {
  /// Where the delay of a link comes from, beside `delay` and `jitter`.
  public enum Distance: Sendable {
    /// All links are equally long.
    case equal
    /// Each pair of addresses has its own length, 0 … `spread`, the same in both directions.
    case random(spread: Duration)
    /// Each address has a place on a torus; `spread` is the delay between the two farthest.
    case geographic(spread: Duration)
  }

  /// One way, at least.
  public var delay: Duration
  /// Added to each packet anew: 0 … this. More than the gap between two packets reorders them.
  public var jitter: Duration
  /// How the delay depends on who speaks with whom.
  public var distance: Distance
  /// Probability that a packet never arrives.
  public var loss: Double
  /// Probability that a packet arrives twice.
  public var duplication: Double
  /// Probability that a packet is held back by `reorderingDelay`, so that later ones overtake it.
  public var reordering: Double
  /// How long a packet is held back that `reordering` chose.
  public var reorderingDelay: Duration

  /// A network; by default one where every packet takes 10 ms and none is lost.
  public init(
    delay: Duration = .milliseconds(10), jitter: Duration = .zero, distance: Distance = .equal, loss: Double = 0,
    duplication: Double = 0, reordering: Double = 0, reorderingDelay: Duration = .milliseconds(100)
  ) {
    self.delay = delay
    self.jitter = jitter
    self.distance = distance
    self.loss = loss
    self.duplication = duplication
    self.reordering = reordering
    self.reorderingDelay = reorderingDelay
  }

  /// 5 to 120 ms one way by distance, with some jitter: the Internet on a good day.
  public static let internet = NetworkModel(
    delay: .milliseconds(5), jitter: .milliseconds(5), distance: .geographic(spread: .milliseconds(110)))
}
