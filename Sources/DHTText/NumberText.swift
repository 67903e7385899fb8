#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A number as C prints it: rounding is then that of every other tool of the network.
package func numberText(_ format: String, _ number: Double) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 352) { buffer in
    // 352 holds any double in any of our formats: at most 309 digits before the point.
    guard let start = buffer.baseAddress else { return "" }
    let length = withVaList([number]) { vsnprintf(start, buffer.count, format, $0) }
    guard length > 0 else { return "" }
    return String(
      decoding: buffer.prefix(min(Int(length), buffer.count - 1)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
