import DHTText
import OpenDHT

/// Looks whether bootstrap hosts have addresses, and tells of each that has none.
struct BootstrapCheck: Sendable {
  private let found = Counter()
  private let finished = Counter()
  private let count: Int
  private let known = EndSignal()
  private let task: Task<Void, Never>

  /// Begins to resolve all of them at once.
  init(_ hosts: [Host], _ dht: DHT, _ output: CommandOutput) {
    let (found, finished, known) = (found, finished, known)
    count = hosts.count
    task = Task {
      await withTaskGroup { group in
        for host in hosts {
          group.addTask {
            let addresses = await dht.resolve(host)
            finished.add(1)
            if !addresses.isEmpty {
              found.add(1)
              known.tell()
            } else if !Task.isCancelled {
              await output.error("cannot resolve the bootstrap host '\(terminalSafe(host.name))'")
            }
          }
        }
      }
      known.tell()
    }
  }

  /// Whether any has an address; answers with the first that has. For one caller.
  func hasAny(within timeout: Duration?) async -> Bool {
    let timing = timeout.map { timeout in
      Task {
        try? await Task.sleep(for: timeout)
        known.tell()
      }
    }
    await known.wait()
    timing?.cancel()
    return found.value > 0
  }

  /// Whether some look-up still runs.
  var isUndecided: Bool { finished.value < count }

  /// Says nothing more. To be called before the node stops, which ends the look-ups without an answer.
  func cancel() { task.cancel() }
}
