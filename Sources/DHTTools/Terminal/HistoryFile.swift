#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The lines of former runs, in a file that only its owner may read. A file that cannot be used is done without.
struct HistoryFile: Sendable {
  /// Larger files are not read: ours never get that large.
  private static let maximumBytes = 16 << 20
  let path: String

  /// `$HOME/.dhtnode_history`; nil without `$HOME`.
  init?(environment name: String = "HOME") {
    guard let home = getenv(name).map({ String(cString: $0) }), !home.isEmpty else { return nil }
    path = home + "/.dhtnode_history"
  }
  init(path: String) { self.path = path }

  func load() -> [String] {
    guard case .success(let file) = Descriptor.reading(path) else { return [] }
    defer { file.close() }
    guard let bytes = file.readAll(limit: Self.maximumBytes), bytes.count <= Self.maximumBytes else { return [] }
    let lines = bytes.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
    // Written line by line, so it grows: shortened when it is twice what is remembered.
    if lines.count > 2 * History.maximumCount { rewrite(lines.suffix(History.maximumCount)) }
    return lines
  }

  /// Adds a line at once: what was typed outlives a crash.
  func append(_ line: String) {
    guard case .success(let file) = Descriptor.writingPrivately(path, truncate: false) else { return }
    file.write((String(line.map { $0 == "\n" ? " " : $0 }) + "\n").utf8)
    file.close()
  }

  private func rewrite(_ lines: some Sequence<String>) {
    guard case .success(let file) = Descriptor.writingPrivately(path, truncate: true) else { return }
    file.write((lines.joined(separator: "\n") + "\n").utf8)
    file.close()
  }
}
