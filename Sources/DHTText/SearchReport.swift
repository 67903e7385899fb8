package import OpenDHT

/// What `ls` prints: the searches, in full while they are few. (tools.md §3.5)
package struct SearchReport {
  /// Up to this many searches are shown in full.
  private static let mostInFull = 8
  private var searches: [SearchDescription]

  package init(_ searches: [SearchDescription]) { self.searches = searches }

  package func text(forTerminal: Bool) -> [UInt8] {
    var text: [UInt8] = []
    if searches.count > Self.mostInFull {
      for search in searches { text += "[search \(search.key) \(Self.name(search.family))]\n".utf8 }
    } else {
      text += "s:synched, u:updated, a:announced, c:candidate, f:cur req, x:expired, *:known\n\n".utf8
      for (index, search) in searches.enumerated() {
        if index > 0 { text.append(0x0a) }
        text += Self.full(search, forTerminal: forTerminal)
      }
    }
    let ipv4 = searches.count { $0.family == .ipv4 }
    return text + Array("Total: \(searches.count) searches (\(ipv4) IPv4, \(searches.count - ipv4) IPv6).\n".utf8)
  }

  private static func full(_ search: SearchDescription, forTerminal: Bool) -> [UInt8] {
    var head =
      "Search \(name(search.family)) \(search.key) gets: \(search.gets), last step: \(agoText(search.sinceStep))"
    if search.isDone { head += " [done]" }
    if search.entries.allSatisfy({ $0.node.state == .expired }) { head += " [expired]" }
    head += search.isSynced ? " [synced]" : " [not synced]"
    if !search.listens.isEmpty { head += " [listening]" }
    var text = Array((head + "\n").utf8)
    for value in search.announced {
      let isAnnounced = search.entries.contains { $0.hasAnnounce } ? " [announced]" : ""
      text +=
        Array("Announcement: ".utf8) + valueText(value, forTerminal: forTerminal) + Array((isAnnounced + "\n").utf8)
    }
    if !search.listens.isEmpty { text += "Queries:\n".utf8 }
    for query in search.listens {
      let line = Array(query.description.utf8)
      text += (forTerminal ? terminalSafe(line) : line) + Array("\n".utf8)
    }
    text += " Common bits    InfoHash                       Conn. Get   Ops  IP\n".utf8
    let hasOperations = !search.announced.isEmpty || !search.listens.isEmpty
    for entry in search.entries { text += (line(entry, hasOperations: hasOperations) + "\n").utf8 }
    return text
  }

  // ` 2 <id> * [c ] [uf] [l] <address>`: the node, our request to it, what we know of it, what it keeps for us.
  private static func line(_ entry: SearchDescription.Entry, hasOperations: Bool) -> String {
    let bits = String(repeating: " ", count: max(0, 3 - String(entry.commonBits).count)) + String(entry.commonBits)
    let connection = (entry.isLate ? "c" : " ") + (entry.node.state == .expired ? "x" : " ")
    let get = (entry.isSynced ? "u" : "-") + (entry.isAsked ? "f" : " ")
    let operations = hasOperations ? " [\(entry.hasListen ? "l" : entry.hasAnnounce ? "a" : " ")]" : ""
    let contact = entry.node.contact
    return
      "\(bits) \(contact.id) \(entry.isInTable ? "*" : " ") [\(connection)] [\(get)]\(operations) \(contact.address)"
  }

  private static func name(_ family: AddressFamily) -> String { family == .ipv4 ? "IPv4" : "IPv6" }
}
