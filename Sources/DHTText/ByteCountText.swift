/// A count of bytes for people: `15 B`, `2.07 KB (2123 bytes)`; units are powers of 1024. (tools.md §4.2)
package func byteCountText(_ count: Int) -> String {
  guard count >= 1024 else { return "\(count) B" }
  var scaled = Double(count) / 1024
  var unit = 0
  let units = ["KB", "MB", "GB", "TB"]
  while scaled >= 1024, unit < units.count - 1 {
    scaled /= 1024
    unit += 1
  }
  return "\(numberText("%.2f", scaled)) \(units[unit]) (\(count) bytes)"
}
