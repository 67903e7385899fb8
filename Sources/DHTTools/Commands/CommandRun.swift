import ArgumentParser
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One command on a node of its own: started, joined to the network that was named, stopped at the end.
struct CommandRun: Sendable {
  typealias Work = @Sendable (CommandRun) async -> ExitStatus
  let dht: DHT
  let output: CommandOutput
  let options: CommonOptions
  private let clock = ContinuousClock()
  private let begin: ContinuousClock.Instant

  private init(_ dht: DHT, _ options: CommonOptions) {
    self.dht = dht
    self.options = options
    output = CommandOutput(isJSON: options.json, isQuiet: options.quiet)
    begin = clock.now
  }

  /// Since the program began to work.
  var elapsed: Duration { clock.now - begin }
  /// What is left of `--timeout`, which covers everything from the look-up of names on; nil without one.
  var remaining: Duration? { options.timeout.map { max($0 - elapsed, .zero) } }

  /// Runs the work, and throws its exit code. A signal cancels the work's task; a second one ends the program.
  ///
  /// - Parameters:
  ///   - identity: who the node is; `publishes` tells whether its certificate is kept on the network.
  ///   - isClient: a node that is gone in a moment should not be told to others.
  ///   - needsNetwork: without a bootstrap host that has an address, such a command ends at once.
  ///   - notConnected: what such a command prints then on standard output, given the reason.
  static func run(
    _ options: CommonOptions, as identity: Identity? = nil, publishes: Bool = false, isClient: Bool = true,
    needsNetwork: Bool = true,
    notConnected: @escaping @Sendable (CommandRun, String) async -> Void = { _, _ in }, _ work: @escaping Work
  ) async throws -> Never {
    var configuration = try options.nodeConfiguration(isClient: isClient)
    configuration.become(identity, publishes: publishes)
    let run = CommandRun(DHT(configuration), options)
    let signals = Signals(catching: [SIGINT, SIGTERM, SIGHUP], ignoring: [SIGPIPE])
    var status = ExitStatus.notConnected
    if needsNetwork, options.bootstrap.isEmpty {
      let reason = "not connected: name a node of the network with --bootstrap HOST[:PORT]"
      await notConnected(run, reason)
      await run.output.error(reason)
    } else {
      status = await run.perform(needsNetwork, signals, notConnected, work)
    }
    throw ExitCode(status.rawValue)
  }

  private func perform(
    _ needsNetwork: Bool, _ signals: Signals, _ notConnected: @escaping @Sendable (CommandRun, String) async -> Void,
    _ work: @escaping Work
  ) async -> ExitStatus {
    do throws(DHTError) { try await dht.start() } catch {
      await output.error(error.description)
      return .failed
    }
    let addresses = BootstrapCheck(options.bootstrap, dht, output)
    let working = Task {
      if !needsNetwork { return await work(self) }
      if await addresses.hasAny(within: remaining) { return await work(self) }
      let isUndecided = addresses.isUndecided
      let reason = "not connected: no bootstrap host was resolved" + (isUndecided ? " in time" : "")
      await notConnected(self, reason)
      // A host without address was told already.
      if isUndecided { await output.error(reason) }
      return .notConnected
    }
    signals.tell { _ in
      signals.tell { _ in exit(ExitStatus.failed.rawValue) }
      working.cancel()
    }
    let status = await working.value
    addresses.cancel()
    await output.stopProgress()
    await dht.stop()
    return status
  }
}

extension CommandRun {
  /// The exit status of a get or query, and a line for people when it brought nothing.
  func status(of outcome: GetOutcome) async -> ExitStatus {
    if outcome.delivered > 0 { return .done }
    let answers = "\(outcome.answered) of \(outcome.closest) nodes answered"
    switch outcome.ending {
    case .completed where outcome.answered > 0:
      await output.message("nothing found (\(answers))")
      return .nothingFound
    case .completed, .isolated:
      await output.error(DHTError.isolated.description)
      return .notConnected
    case .timedOut where outcome.answered > 0:
      await output.error("the time is over and nothing was found (\(answers))")
      return .failed
    case .timedOut:
      await output.error("Not connected: no node answered in time.")
      return .notConnected
    case .invalid:
      await output.error(outcome.ending.reason)
      return .usage
    case .throttled, .replaced, .cancelled:
      await output.error(outcome.ending.reason)
      return .failed
    }
  }
}
