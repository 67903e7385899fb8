internal import DHTSecurity

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Files that outlive a loss of power. Everything here blocks.
enum DurableFile {
  /// Puts a file in place of what is there: whole, or not at all. Only its owner may read it.
  ///
  /// What is written is first beside the place, always under the same name: a crash leaves one such file, not many.
  static func replace(_ path: String, with bytes: [UInt8]) throws(SecurityError) {
    let temporary = "\(path).new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .file(path: path, code: errno) }
    defer { close(descriptor) }
    try append(bytes, to: descriptor, path: path)
    guard rename(temporary, path) == 0 else { throw .file(path: path, code: errno) }
    synchroniseFolder(of: path)
  }

  /// Writes at the end of a file, and returns when it would outlive a loss of power.
  static func append(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SecurityError) {
    var place = 0
    while place < bytes.count {
      let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: place), bytes.count - place) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .file(path: path, code: errno) }
      place += count
    }
    #if canImport(Darwin)
      let result = fsync(descriptor)
    #else
      let result = fdatasync(descriptor)
    #endif
    guard result == 0 else { throw .file(path: path, code: errno) }
  }

  /// Keeps other processes from a file as long as the descriptor is open, however this one ends.
  static func lock(_ path: String) throws(SecurityError) -> Int32 {
    for _ in 1...lockAttempts {
      let descriptor = open("\(path).lock", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
      guard descriptor >= 0 else { throw .file(path: path, code: errno) }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(descriptor)
        throw .file(path: "\(path).lock", code: code)
      }
      // Whoever had it may have removed it between: a file without a name keeps nobody out.
      if isNamed(descriptor, "\(path).lock") { return descriptor }
      close(descriptor)
    }
    throw .file(path: "\(path).lock", code: EWOULDBLOCK)
  }

  /// Owners that may leave while a lock is taken.
  private static let lockAttempts = 8

  /// Whether an open file still has this name.
  static func isNamed(_ descriptor: Int32, _ path: String) -> Bool {
    var (opened, named) = (stat(), stat())
    guard fstat(descriptor, &opened) == 0, lstat(path, &named) == 0 else { return false }
    return opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  /// Lets others have the file.
  static func unlock(_ path: String, _ descriptor: Int32) {
    unlink("\(path).lock")
    close(descriptor)
  }

  // Some file systems cannot; the file is whole all the same.
  private static func synchroniseFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
