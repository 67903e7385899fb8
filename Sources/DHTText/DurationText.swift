import OpenDHT

/// A span of time for people: 3 significant digits and a unit, `527 us`, `2.15 ms`, `4.55 s`, `12 min`, `30 h`. (tools.md §4.1)
///
/// What would round to 1000 takes the next unit, and many hours show no exponent: `1 ms`, `1234 h`.
package func durationText(_ duration: Duration) -> String {
  let seconds = duration.inSeconds
  let text = magnitudeText(seconds.magnitude)
  return seconds < 0 ? "-" + text : text
}

private func magnitudeText(_ seconds: Double) -> String {
  let units: [(below: Double, scale: Double, name: String)] = [
    (1e-3, 1e6, "us"), (1, 1e3, "ms"), (60, 1, "s"), (3600, 1 / 60.0, "min"),
  ]
  for unit in units where seconds < unit.below && seconds * unit.scale < 999.5 {
    return numberText("%.3g", seconds * unit.scale) + " " + unit.name
  }
  let hours = seconds / 3600
  return numberText(hours < 999.5 ? "%.3g" : "%.0f", hours) + " h"
}

/// How long ago something was, or how far ahead when negative; nil is never: `never`, `now`, `4.55 s ago`, `in 3 min`. (tools.md §4.1)
package func agoText(_ since: Duration?) -> String {
  guard let since else { return "never" }
  if since == .zero { return "now" }
  return since > .zero ? durationText(since) + " ago" : "in " + durationText(.zero - since)
}
