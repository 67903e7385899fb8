import NIOConcurrencyHelpers
import OpenDHT

/// Whether the log is on, and whether only lines about one key are wanted.
final class LogSwitch: Sendable {
  private struct State {
    var isOn: Bool
    var only: String?
  }
  private let state: NIOLockedValueBox<State>

  init(isOn: Bool = false) { state = NIOLockedValueBox(State(isOn: isOn)) }

  var isOn: Bool { state.withLockedValue { $0.isOn } }

  /// Turns the log on or off; with a hash: on, for lines about it.
  func toggle(only hash: InfoHash?) {
    state.withLockedValue { state in
      state = hash.map { State(isOn: true, only: $0.description) } ?? State(isOn: !state.isOn)
    }
  }

  func lets(through line: String) -> Bool {
    state.withLockedValue { $0.isOn && ($0.only.map(line.contains) ?? true) }
  }
}
