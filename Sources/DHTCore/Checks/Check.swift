import DHTModel

/// Work on values that takes long: signatures to verify, cyphers to open.
///
/// The node tells of it by `Event.check`. The driver runs it on another thread and hands the result to `Node.checked`;
/// each exactly once. Until then the values wait, and nothing else does.
///
///     case .check(let check): pool.submit { let result = check.run(); loop.execute { node.checked(result, now: now) } }
public struct Check: Sendable {
  /// Names a check of a node.
  public struct ID: Hashable, Sendable {
    let number: UInt64
  }

  enum Work: Sendable {
    /// May these values of others be stored?
    case admit([Admission])
    /// What is in these values?
    case open([Value], ValueOpener)
  }

  /// Names it in the result.
  public let id: ID
  let work: Work

  /// Whether an operation of the application waits for it; such work goes before that for strangers.
  public var isForApplication: Bool {
    switch work {
    case .admit: false
    case .open: true
    }
  }

  /// Does the work, on the calling thread.
  public func run() -> CheckResult {
    switch work {
    case .admit(let admissions): CheckResult(id: id, answer: .admitted(admissions.map { $0.decide() }))
    case .open(let values, let opener): CheckResult(id: id, answer: .opened(values.map { opener.open($0) }))
    }
  }
}

/// What a check found.
public struct CheckResult: Sendable {
  enum Answer: Sendable {
    case admitted([Admission.Decision])
    case opened([ValueOpener.Opening])
  }

  let id: Check.ID
  let answer: Answer
}
