import DHTModel

/// A check that is done in portions, so that other work gets its turn in between: strangers choose how many values a
/// reply or a put has, and a cypher costs whoever made it nothing.
///
///     var running = RunningCheck(check)
///     while true { if let result = running.advance() { return result } }
public struct RunningCheck: Sendable {
  /// Signatures that are verified in one portion; about 2 ms.
  static let portion = 16
  /// What a cypher counts for: trying to open one takes about 3 ms with RSA-4096.
  static let cypherCost = 4

  private let check: Check
  private var decisions: [Admission.Decision] = []
  private var openings: [ValueOpener.Opening] = []

  /// A check of which nothing is done yet.
  public init(_ check: Check) { self.check = check }

  /// Whether an operation of the application waits for it.
  public var isForApplication: Bool { check.isForApplication }

  /// Does the next portion, on the calling thread. Returns the result after the last one.
  public mutating func advance() -> CheckResult? {
    switch check.work {
    case .admit(let admissions):
      for admission in admissions[decisions.count...].prefix(Self.portion) { decisions.append(admission.decide()) }
      return decisions.count < admissions.count ? nil : CheckResult(id: check.id, answer: .admitted(decisions))
    case .open(let values, let opener):
      var cost = 0
      while cost < Self.portion, openings.count < values.count {
        let value = values[openings.count]
        cost += value.cypher == nil ? 1 : Self.cypherCost
        openings.append(opener.open(value))
      }
      return openings.count < values.count ? nil : CheckResult(id: check.id, answer: .opened(openings))
    }
  }
}
