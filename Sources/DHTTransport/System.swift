#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
package import DHTModel
internal import NIOCore

// What differs between the C libraries stands here only.
#if canImport(Darwin)
  let datagramSocketType = SOCK_DGRAM
#else
  let datagramSocketType = Int32(SOCK_DGRAM.rawValue)
#endif

/// The clocks of this machine.
package enum SystemClock {
  /// The monotonic clock, the same that the event loop's timers use.
  package static func now() -> Instant { Instant(nanoseconds: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) }

  /// The date.
  package static func wallTime() -> WallTime {
    var time = timespec()
    guard clock_gettime(CLOCK_REALTIME, &time) == 0 else { return WallTime(nanoseconds: 0) }
    return WallTime(nanoseconds: Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec))
  }
}

/// This process.
package enum SystemProcess {
  /// Its number; a child of fork(2) has another.
  package static var id: Int32 { getpid() }
}

extension NIODeadline {
  init(_ instant: Instant) { self = .uptimeNanoseconds(UInt64(clamping: instant.nanoseconds)) }
}

/// What the system answered to a refused call.
struct SystemError: Error, Hashable {
  let code: Int32

  /// The error of the call before.
  static var last: SystemError { SystemError(code: errno) }
  var sentence: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
