/// How our programs end. (tools.md §16)
enum ExitStatus: Int32, Sendable {
  case done = 0
  /// The operation failed, or no node stored the value.
  case failed = 1
  case nothingFound = 2
  case usage = 64
  case notConnected = 69
  case cannotWrite = 73
  case keyOrPassword = 77
}
