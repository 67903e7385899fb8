#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The counter that `Benchmarks/count-allocations.c` puts before the C library's malloc.
struct AllocationCounter {
  /// Calls before counting: until buffers have the size they keep.
  private static let warmUp = 1000
  /// Calls that are counted. What happens once in a while, such as the growth of a table, counts by its share.
  private static let calls = 5000

  private let read: @convention(c) () -> UInt64

  /// Nil when no counter is preloaded.
  init?() {
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "allocations_counted") else { return nil }
    // The symbol is the function of that name and type, in a file of this project.
    read = unsafeBitCast(symbol, to: (@convention(c) () -> UInt64).self)
  }

  /// Allocations of the whole process so far.
  var count: UInt64 { read() }

  /// Allocations for one call. It is told how often it was called before.
  func perCall(of call: (Int) -> Void) -> Double {
    for number in 0..<Self.warmUp { call(number) }
    let before = count
    for number in Self.warmUp..<Self.warmUp + Self.calls { call(number) }
    return Double(count - before) / Double(Self.calls)
  }
}
