internal import DHTTransport

extension WallTime {
  /// The date of this machine.
  public static var now: WallTime { SystemClock.wallTime() }
}
