import DHTJSON
import DHTText
import OpenDHT

extension JSON {
  /// A span of time, written as seconds with nanoseconds behind the point.
  static func seconds(_ duration: Duration) -> JSON {
    .number(numberText("%.9f", duration.inSeconds).trimmingZeros)
  }
}

extension String {
  /// `1.500000000` as `1.5`, `2.000000000` as `2`.
  fileprivate var trimmingZeros: String {
    var text = self[...]
    while text.last == "0" { text = text.dropLast() }
    if text.last == "." { text = text.dropLast() }
    return String(text)
  }
}
