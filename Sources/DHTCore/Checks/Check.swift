import DHTModel

/// Work on values that takes long: signatures to verify, cyphers to open.
///
/// The node tells of it by `Event.check`. The driver runs it on another thread and hands the result to `Node.checked`;
/// each exactly once. Until then the values wait, and nothing else does. A driver whose threads others need, too, does it
/// in portions: see `RunningCheck`.
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
    var running = RunningCheck(self)
    while true {
      if let result = running.advance() { return result }
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
