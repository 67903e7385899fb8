internal import DHTSecurity
internal import NIOPosix

/// Keeps registrations on disk. One save at a time; each returns when what it was given is safe.
///
/// A save appends to the journal. When the journal has outgrown the file everything is written anew, so that over time each
/// change is written about twice, however many registrations there are.
actor RegistrationStorage {
  private let files: RegistrationFiles
  private let journalAllowance: Int
  private var journal: OpenJournal?
  /// Keeps a second server from the same files.
  private var lock: Int32?
  private var fileBytes = 0
  private var journalBytes = 0

  init(path: String, journalAllowance: Int) {
    files = RegistrationFiles(path: path)
    self.journalAllowance = journalAllowance
  }

  /// Whether the next save writes everything: there is no journal, it is too long, or it broke.
  var mustRewrite: Bool { journal == nil || journalBytes > fileBytes + journalAllowance }

  /// Reads what an earlier run left. Throws when another process has the files.
  func load() async throws(SecurityError) -> RegistrationFiles.Found {
    let files = files
    lock = try DurableFile.lock(files.path)
    return try await onThread { () throws(SecurityError) in try files.load() }
  }

  /// Writes everything.
  func rewrite(_ saved: SavedRegistrations) async throws(SecurityError) {
    drop()
    let files = files
    let written = try await onThread { () throws(SecurityError) in try files.rewrite(saved) }
    (fileBytes, journalBytes, journal) = (written.byteCount, 0, written.journal)
  }

  /// Writes what changed.
  func append(_ changes: [RegistrationChange]) async throws(SecurityError) {
    guard let journal else { throw .file(path: files.journalPath, code: 0) }
    let bytes = changes.flatMap { Journal.record($0) }
    do {
      try await onThread { () throws(SecurityError) in try journal.append(bytes) }
      journalBytes += bytes.count
    } catch {
      drop()
      throw error
    }
  }

  /// Writes everything for the last time, for the reference too to go on from.
  func finish(_ saved: SavedRegistrations) async throws(SecurityError) {
    drop()
    let files = files
    defer { release() }
    try await onThread { () throws(SecurityError) in try files.finish(saved) }
  }

  /// Leaves the files to others.
  func release() {
    if let lock { DurableFile.unlock(files.path, lock) }
    lock = nil
  }

  private func drop() {
    journal?.closeFile()
    journal = nil
  }

  // Disks take milliseconds, sometimes seconds: never on a thread that others wait for. In a task of its own: whoever stops
  // a server by cancelling it still wants its state saved.
  private func onThread<T: Sendable>(
    _ work: @escaping @Sendable () throws(SecurityError) -> T
  ) async throws(SecurityError) -> T {
    let task = Task { () -> Result<T, SecurityError>? in
      try? await NIOThreadPool.singleton.runIfActive {
        do throws(SecurityError) { return .success(try work()) } catch { return .failure(error) }
      }
    }
    let result = await task.value
    guard let result else { throw .file(path: files.path, code: 0) }
    return try result.get()
  }
}
