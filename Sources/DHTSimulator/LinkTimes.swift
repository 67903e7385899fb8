import DHTModel

/// The model with its durations as nanoseconds: nothing is converted per packet.
struct LinkTimes {
  private let delay, jitter, spread, reorderingDelay: Int64
  private let reordering: Double
  private let distance: NetworkModel.Distance

  init(_ model: NetworkModel) {
    delay = model.delay.inNanoseconds
    jitter = model.jitter.inNanoseconds
    reorderingDelay = model.reorderingDelay.inNanoseconds
    reordering = model.reordering
    distance = model.distance
    switch model.distance {
    case .equal: spread = 0
    case .random(let length), .geographic(let length): spread = length.inNanoseconds
    }
  }

  /// How long one packet travels, in nanoseconds.
  func draw(from source: SocketAddress, to destination: SocketAddress, using random: inout SeededGenerator) -> Int64 {
    var time = delay
    if jitter > 0 { time += Int64(random.unit() * Double(jitter)) }
    if reordering > 0, random.happens(reordering) { time += reorderingDelay }
    if spread > 0 { time += Int64(length(source, destination) * Double(spread)) }
    return time
  }

  /// Length of a link, 0 … 1. Depends on the two IPs alone, so that a machine keeps its place when it restarts.
  private func length(_ source: SocketAddress, _ destination: SocketAddress) -> Double {
    let a = SeededGenerator.mix(source.ip.high ^ SeededGenerator.mix(source.ip.low))
    let b = SeededGenerator.mix(destination.ip.high ^ SeededGenerator.mix(destination.ip.low))
    switch distance {
    case .equal: return 0
    case .random: return Double(SeededGenerator.mix(a ^ b) >> 11) * 0x1p-53
    case .geographic:
      let x = Self.aroundTheTorus(a >> 32, b >> 32), y = Self.aroundTheTorus(a & 0xffff_ffff, b & 0xffff_ffff)
      return (2 * (x * x + y * y)).squareRoot()
    }
  }

  /// Distance of two places on a circle of length 1; 0 … 0.5.
  private static func aroundTheTorus(_ a: UInt64, _ b: UInt64) -> Double {
    let distance = Double(a > b ? a - b : b - a) * 0x1p-32
    return min(distance, 1 - distance)
  }
}
