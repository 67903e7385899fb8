package import OpenDHT

/// What `ld` prints: the storage, key by key, and who uses it. (tools.md §3.5)
package struct StorageReport {
  private var storages: [StorageDescription]
  private var statistics: StorageStatistics
  private var key: InfoHash?

  package init(_ storages: [StorageDescription], _ statistics: StorageStatistics, at key: InfoHash?) {
    (self.storages, self.statistics, self.key) = (storages, statistics, key)
  }

  package var text: String {
    if let key {
      guard let storage = storages.first(where: { $0.key == key }) else { return "Storage \(key) empty" }
      return (Self.block(storage) + storage.values.map(Self.line)).joined(separator: "\n")
    }
    var lines = storages.flatMap(Self.block)
    let usage = usage
    lines += ["", ""] + usage + (usage.isEmpty ? [] : [""])
    lines.append(
      "Total \(statistics.keys) storages, \(statistics.values) values (\(byteCountText(statistics.bytes)))\n")
    return lines.joined(separator: "\n")
  }

  private static func block(_ storage: StorageDescription) -> [String] {
    let bytes = storage.values.reduce(0) { $0 + $1.value.size }
    var lines = [
      "Storage \(storage.key) \(storage.listeners.count) list., \(storage.values.count) values (\(byteCountText(bytes)))"
    ]
    var counts: [NodeContact: Int] = [:]
    for listener in storage.listeners { counts[listener, default: 0] += 1 }
    for listener in counts.keys.sorted(by: { $0.description < $1.description }) {
      lines.append("   Listener \(listener) : \(counts[listener] ?? 0) entries")
    }
    if storage.localListeners > 0 { lines.append("   \(storage.localListeners) local listeners") }
    return lines
  }

  private static func line(_ entry: StorageDescription.Entry) -> String {
    let expires = entry.remaining.map { agoText(.zero - $0) } ?? "never"
    return
      "   Value \(entry.value.id) size: \(byteCountText(entry.value.size)) created: \(agoText(entry.age)) expires: \(expires)"
  }

  private var usage: [String] {
    var bytes: [IPAddress: Int] = [:]
    for entry in storages.flatMap(\.values) {
      if let source = entry.source { bytes[source, default: 0] += entry.value.size }
    }
    return bytes.map { (address: $0.key, bytes: $0.value) }
      .sorted { $0.bytes == $1.bytes ? $0.address.description < $1.address.description : $0.bytes > $1.bytes }
      .map { "IP \($0.address) uses \(byteCountText($0.bytes))" }
  }
}
