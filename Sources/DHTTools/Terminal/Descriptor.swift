#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A file descriptor of the system, with blocking reads and writes that survive interruption.
struct Descriptor: Sendable {
  let number: Int32
  static let standardInput = Descriptor(number: 0)
  static let standardOutput = Descriptor(number: 1)
  static let standardError = Descriptor(number: 2)

  var isTerminal: Bool { isatty(number) == 1 }

  /// Writes everything; false when the other side is gone or the disk full.
  @discardableResult
  func write(_ bytes: some Collection<UInt8>) -> Bool {
    let bytes = Array(bytes)
    return bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count {
        guard let start = buffer.baseAddress else { return true }
        #if canImport(Darwin)
          let count = Darwin.write(number, start + written, buffer.count - written)
        #elseif canImport(Musl)
          let count = Musl.write(number, start + written, buffer.count - written)
        #else
          let count = Glibc.write(number, start + written, buffer.count - written)
        #endif
        if count >= 0 {
          written += count
        } else if errno == EAGAIN {
          waitUntilWritable()
        } else if errno != EINTR {
          return false
        }
      }
      return true
    }
  }

  // Someone else may have made a shared terminal non-blocking.
  private func waitUntilWritable() {
    var poll = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
    _ = withUnsafeMutablePointer(to: &poll) { pollDescriptor($0) }
  }

  /// Waits for bytes; empty at the end of the input, nil when it cannot be read.
  func read(upTo count: Int = 16384) -> [UInt8]? {
    while true {
      var result = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        result = readBytes(number, buffer)
        filled = max(0, result)
      }
      if result >= 0 { return bytes }
      if errno == EAGAIN {
        var poll = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        _ = withUnsafeMutablePointer(to: &poll) { pollDescriptor($0) }
      } else if errno != EINTR {
        return nil
      }
    }
  }

  /// The rest of the input, but no more than one byte over `limit`; nil when it cannot be read.
  func readAll(limit: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count <= limit {
      guard let more = read(upTo: min(65536, limit + 1 - bytes.count)) else { return nil }
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }

  func close() { closeDescriptor(number) }

  /// Opens a file to read; the system's reason when it cannot.
  static func reading(_ path: String) -> Result<Descriptor, SystemReason> { opening(path, O_RDONLY, 0) }
  /// Opens a file to write from its start, made with mode 0644.
  static func writing(_ path: String) -> Result<Descriptor, SystemReason> {
    opening(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  }
  /// Opens a file for its owner only, to write at its end or, when `truncate`, from its start.
  static func writingPrivately(_ path: String, truncate: Bool) -> Result<Descriptor, SystemReason> {
    let opened = opening(path, O_WRONLY | O_CREAT | (truncate ? O_TRUNC : O_APPEND), 0o600)
    if case .success(let file) = opened { fchmod(file.number, 0o600) }  // it may be older, and open to all
    return opened
  }

  /// Whether anything has this name, readable or not.
  static func isTaken(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  private static func opening(_ path: String, _ flags: Int32, _ mode: mode_t) -> Result<Descriptor, SystemReason> {
    let number = open(path, flags | O_CLOEXEC, mode)
    return number >= 0 ? .success(Descriptor(number: number)) : .failure(SystemReason(code: errno))
  }
}

/// Why the system refused.
struct SystemReason: Error, CustomStringConvertible {
  var code: Int32
  /// Of the last call that failed on this thread.
  static var last: SystemReason { SystemReason(code: errno) }
  var description: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}

// The system's functions under names that do not clash with our methods.
private func pollDescriptor(_ descriptor: UnsafeMutablePointer<pollfd>) -> Int32 { poll(descriptor, 1, -1) }
private func readBytes(_ number: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
  read(number, buffer.baseAddress, buffer.count)
}
private func closeDescriptor(_ number: Int32) { _ = close(number) }
