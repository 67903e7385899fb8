internal import DHTSecurity
internal import DHTWire

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The two files of a server's registrations: the reference's, written whole or not at all, and beside it a journal of what
/// changed since. Everything here blocks: only for threads that may.
struct RegistrationFiles: Sendable {
  /// What was found.
  struct Found: Sendable {
    var saved = SavedRegistrations()
    /// What its owner should know, a line each.
    var remarks: [String] = []
  }

  /// More than the limits of registrations let one grow, in bytes.
  static let byteLimit = 1 << 30

  let path: String
  var journalPath: String { "\(path).journal" }

  /// Reads both. What cannot be read is moved aside, never written over. A journal that follows another file is older than
  /// the file, and of no use.
  ///
  /// - Throws: what keeps the files from being opened.
  func load() throws(SecurityError) -> Found {
    var found = Found()
    let file = try SecureFile.exists(path) ? SecureFile.read(path, limit: Self.byteLimit) : []
    if !file.isEmpty {
      guard file.count <= Self.byteLimit, let saved = try? SavedRegistrations(decoding: file.span.bytes) else {
        found.remarks.append(moveAside(path, "is not the saved state of a proxy server"))
        if SecureFile.exists(journalPath) { found.remarks.append(moveAside(journalPath, "belongs to it")) }
        return found
      }
      found.saved = saved
      if saved.unreadCount > 0 { found.remarks.append(keepCopy(of: path, file, saved.unreadCount)) }
    }
    guard SecureFile.exists(journalPath) else { return found }
    let journal = try SecureFile.read(journalPath, limit: Self.byteLimit)
    guard journal.starts(with: Journal.head(of: file)) else {
      // Cut off within its first bytes, or left by a crash between the two files: all that it says is in the file.
      if journal.starts(with: Journal.mark) || Journal.mark.starts(with: journal) { return found }
      found.remarks.append(moveAside(journalPath, "is no journal of a proxy server"))
      return found
    }
    let contents = Journal.changes(in: journal)
    for change in contents.changes { found.saved.apply(change) }
    if contents.unreadCount > 0 { found.remarks.append(keepCopy(of: journalPath, journal, contents.unreadCount)) }
    if contents.byteCount < journal.count {
      found.remarks.append(
        "The last \(journal.count - contents.byteCount) bytes of \(journalPath) were cut off while they were written.")
    }
    return found
  }

  /// Writes everything, and begins a new journal. Returns the count of bytes and the journal.
  func rewrite(_ saved: SavedRegistrations) throws(SecurityError) -> (byteCount: Int, journal: OpenJournal) {
    let bytes = saved.encoded()
    try DurableFile.replace(path, with: bytes)
    try DurableFile.replace(journalPath, with: Journal.head(of: bytes))
    return (bytes.count, try OpenJournal(journalPath))
  }

  /// Writes everything into the file alone, as the reference leaves it.
  func finish(_ saved: SavedRegistrations) throws(SecurityError) {
    try DurableFile.replace(path, with: saved.encoded())
    unlink(journalPath)
  }

  private func moveAside(_ path: String, _ reason: String) -> String {
    guard let other = unusedName(path), rename(path, other) == 0 else {
      return "\(path) \(reason), and cannot be moved aside."
    }
    return "\(path) \(reason); it is now \(other)."
  }

  // The file is written anew at once, without what could not be read.
  private func keepCopy(of path: String, _ bytes: [UInt8], _ unreadCount: Int) -> String {
    let reason = "\(path) holds \(unreadCount) registrations that cannot be read"
    do throws(SecurityError) {
      guard let other = unusedName(path) else { throw .file(path: path, code: EEXIST) }
      try DurableFile.replace(other, with: bytes)
      return "\(reason); a copy is \(other)."
    } catch {
      return "\(reason), and cannot be copied: \(error)"
    }
  }

  private func unusedName(_ path: String) -> String? {
    (1...999).lazy.map { "\(path).unreadable-\($0)" }.first { !SecureFile.exists($0) }
  }
}

/// A journal that is appended to.
struct OpenJournal: Sendable {
  private let descriptor: Int32
  private let path: String

  init(_ path: String) throws(SecurityError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path: path, code: errno) }
  }

  /// Appends, and returns when it would outlive a loss of power. After a failure the journal may end in half a record, and
  /// must not be appended to again.
  func append(_ bytes: [UInt8]) throws(SecurityError) {
    try DurableFile.append(bytes, to: descriptor, path: path)
  }

  func closeFile() { close(descriptor) }
}
