/// Whether a client takes what is written for it.
///
/// Bytes that have left are those written less those that still wait. As long as any wait and none leaves, time runs.
struct WriteProgress {
  /// Bytes given to the connection so far.
  var written: UInt64 = 0
  private var left: UInt64 = 0
  private var since: UInt32 = 0

  /// Looks at the connection once in a tick; true when nothing has left for `limit` ticks though something waits.
  mutating func isStalled(waiting: Int, tick: UInt32, limit: UInt32) -> Bool {
    let nowLeft = written &- UInt64(clamping: waiting)
    guard waiting > 0, nowLeft == left else {
      left = nowLeft
      since = tick
      return false
    }
    return tick &- since >= limit
  }
}
