#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A file that lines are appended to, each whole.
final class LogFile: LogSink {
  private let descriptor: Int32

  /// `-` is standard error. Nil, with the reason remembered, when it cannot be opened.
  init?(path: String) {
    descriptor = path == "-" ? STDERR_FILENO : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor < 0 else { return }
    fail("\(path): \(String(cString: strerror(errno)))")
    return nil
  }
  deinit { if descriptor != STDERR_FILENO, descriptor >= 0 { close(descriptor) } }

  func end() {}

  func take(_ level: Int32, _ line: String) {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let fraction = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
    // One call, so that lines of several programs do not mix. A full disk loses lines, not the node.
    let bytes = Array("[\(time.tv_sec).\(fraction)] \(line)\n".utf8)
    _ = bytes.withUnsafeBytes { unistdWrite(descriptor, $0.baseAddress, $0.count) }
  }
}

private func unistdWrite(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Darwin)
    Darwin.write(descriptor, start, count)
  #elseif canImport(Musl)
    Musl.write(descriptor, start, count)
  #else
    Glibc.write(descriptor, start, count)
  #endif
}
