#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Measures how often the path of a datagram asks for memory. Run by `Scripts/bench --check`, which preloads the counter
/// and compares with `Benchmarks/Thresholds`. Prints one line for each path: a count per datagram, a tab, its name.
@main
struct Allocations {
  static func main() throws {
    guard let counter = AllocationCounter() else { fail("no counter is preloaded; run Scripts/bench --check") }
    for path in Path.wire + Path.node {
      print("\(text(counter.perCall(of: path.call)))\t\(path.name)")
    }
    for (name, count) in try SocketPaths(counter).measure() { print("\(text(count))\t\(name)") }
  }

  /// Two decimals; no Foundation for so little.
  private static func text(_ count: Double) -> String {
    let hundredths = Int((count * 100).rounded())
    let rest = hundredths % 100
    return "\(hundredths / 100)." + (rest < 10 ? "0" : "") + "\(rest)"
  }
}

/// Ends the measurement: a path that does not do its work has no count.
func fail(_ text: String) -> Never {
  var line = "allocations: \(text)\n"
  line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
  exit(1)
}
