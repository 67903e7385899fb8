import DHTText
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A received message for people: `<id> at 2026-11-20 20:14:09 (took 12.3 ms) ENCRYPTED : <number> - <text>`. (tools.md §5)
///
/// The time and how long it took are the sender's word. What could steer a terminal is made harmless: strangers wrote it.
func chatMessageText(
  _ message: InstantMessage, from sender: InfoHash, wasEncrypted: Bool, now: WallTime, forTerminal: Bool
) -> String {
  let took = durationText(now - message.date)
  let text = forTerminal ? terminalSafe(message.text) : message.text.replacing("\n", with: "\\n")
  return
    "\(sender) at \(localTimeText(message.date)) (took \(took)) \(wasEncrypted ? "ENCRYPTED " : ""): \(message.id) - \(text)"
}

/// `2026-11-20 20:14:09` in the time zone of this machine; the plain seconds for a date that no calendar holds.
func localTimeText(_ date: WallTime) -> String {
  var seconds = time_t(date.seconds)
  var fields = tm()
  guard localtime_r(&seconds, &fields) != nil else { return "\(date.seconds)" }
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
    guard let start = buffer.baseAddress else { return "" }
    let length = strftime(start, buffer.count, "%Y-%m-%d %H:%M:%S", &fields)
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
