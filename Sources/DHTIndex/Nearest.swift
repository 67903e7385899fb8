/// Keeps the entries that share the most leading bits with a key. (pht.md §7.2)
struct Nearest {
  private let content: [UInt8]
  /// Bits shared by those kept; −1 while there are none.
  private(set) var sharedBits = -1
  private(set) var entries: [StoredEntry] = []
  private var seen: Set<StoredEntry> = []

  init(to content: [UInt8]) { self.content = content }

  mutating func take(_ entry: StoredEntry) {
    let shared = commonBits(entry.content, content)
    guard shared >= sharedBits else { return }
    if shared > sharedBits {
      sharedBits = shared
      (entries, seen) = ([], [])
    }
    if entries.count < IndexLimits.entriesPerRead, seen.insert(entry).inserted { entries.append(entry) }
  }
}
