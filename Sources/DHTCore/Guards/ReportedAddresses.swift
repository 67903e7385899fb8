import DHTModel

/// Our address as other nodes see it, of one family: the most reported first. (node.md §7.2)
///
/// Each IPv4 /24 or IPv6 /64 has one vote, its latest, so that one host cannot stuff the ballot (node.md W-48).
/// Information only: nothing in the protocol depends on it.
struct ReportedAddresses: Sendable {
  private struct Candidate: Sendable {
    var ip: IPAddress
    var votes: Int
  }
  // In order of first report; at most `capacity`, so a scan is cheap.
  private var candidates: [Candidate] = []
  private var votes: [IPAddress: IPAddress] = [:]
  // Voters, the oldest vote first, each as often as it stands in `votes`: once.
  private var voters = Queue<IPAddress>()
  private let capacity: Int

  /// Votes that count. The oldest ends when a new voter comes, so an old majority does not last for ever.
  static let maximumVotes = 512

  /// No reports yet.
  init(limits: Limits) { capacity = limits.reportedAddresses }

  /// Every reported address: most votes first, of equal ones the one reported first.
  var sorted: [IPAddress] {
    candidates.enumerated()
      .sorted { ($1.element.votes, $0.offset) < ($0.element.votes, $1.offset) }
      .map(\.element.ip)
  }

  /// A node says that it sees us at `ip`. Returns the most reported address if that is now another one.
  /// Addresses that no node can have do not count.
  mutating func report(_ ip: IPAddress, by reporter: IPAddress) -> IPAddress? {
    let voter = Self.voter(reporter)
    let first = mostReported
    guard !ip.isMartian, votes[voter] != ip, makeRoom(for: ip) else { return nil }
    if let old = votes[voter] {
      withdraw(old)
    } else {
      if voters.count >= Self.maximumVotes { dropOldestVote() }
      voters.append(voter)
    }
    votes[voter] = ip
    cast(ip)
    return mostReported == first ? nil : mostReported
  }

  /// Forgets all, since our network changed.
  mutating func removeAll() { self = Self(capacity: capacity) }
}

extension ReportedAddresses {
  private init(capacity: Int) { self.capacity = capacity }

  private static func voter(_ reporter: IPAddress) -> IPAddress {
    switch reporter.family {
    case .ipv4: reporter.range
    case .ipv6: reporter.quotaPrefix
    }
  }

  private var mostReported: IPAddress? {
    guard var best = candidates.first else { return nil }
    for candidate in candidates.dropFirst() where candidate.votes > best.votes { best = candidate }
    return best.ip
  }

  /// Whether there is, or can be made, room for an address. A full list gives up its last address with one vote,
  /// else nobody who comes late could ever be heard.
  private mutating func makeRoom(for ip: IPAddress) -> Bool {
    if candidates.count < capacity || candidates.contains(where: { $0.ip == ip }) { return true }
    guard let weakest = candidates.lastIndex(where: { $0.votes == 1 }) else { return false }
    let loser = candidates.remove(at: weakest).ip
    var rest = Queue<IPAddress>()
    while let voter = voters.popFirst() {
      if votes[voter] == loser { votes[voter] = nil } else { rest.append(voter) }
    }
    voters = rest
    return true
  }

  private mutating func dropOldestVote() {
    guard let voter = voters.popFirst(), let ip = votes.removeValue(forKey: voter) else { return }
    withdraw(ip)
  }

  private mutating func cast(_ ip: IPAddress) {
    if let index = candidates.firstIndex(where: { $0.ip == ip }) {
      candidates[index].votes += 1
    } else {
      candidates.append(Candidate(ip: ip, votes: 1))
    }
  }

  private mutating func withdraw(_ ip: IPAddress) {
    guard let index = candidates.firstIndex(where: { $0.ip == ip }) else { return }
    candidates[index].votes -= 1
    if candidates[index].votes == 0 { candidates.remove(at: index) }
  }
}
