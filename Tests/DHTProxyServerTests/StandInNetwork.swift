import DHTModel
import NIOConcurrencyHelpers
import OpenDHT

@testable import DHTProxyServer

/// Stands in for a node: records what is asked of it, and tells what it is told to.
final class StandInNetwork: Sendable {
  struct State {
    var puts: [PermanentPut.ID] = []
    var cancelled: [PermanentPut.ID] = []
    var listens: [InfoHash] = []
    var addresses: [DHTModel.SocketAddress] = []
    var error: DHTError?
    fileprivate var changes: [InfoHash: AsyncStream<ListenChange>.Continuation] = [:]
    fileprivate var waiting: [InfoHash: [ListenChange]] = [:]
  }
  let state = NIOLockedValueBox(State())

  var network: RegistrationNetwork {
    RegistrationNetwork(
      put: { value, key throws(DHTError) in
        let error = self.state.withLockedValue { state in
          state.puts.append(.init(key: key, valueID: value.id))
          return state.error
        }
        if let error { throw error }
      },
      cancel: { id, key in self.state.withLockedValue { $0.cancelled.append(.init(key: key, valueID: id)) } },
      listen: { key, handle in for await change in self.changes(of: key) { await handle(change) } },
      resolve: { _, _ in self.state.withLockedValue { $0.addresses } }, reported: { [IPAddress(ipv4: 0x0909_0909)] })
  }

  /// The node learns of a change, now or as soon as someone listens.
  func tell(_ change: ListenChange, at key: InfoHash) {
    state.withLockedValue { state in
      if let listener = state.changes[key] {
        listener.yield(change)
      } else {
        state.waiting[key, default: []].append(change)
      }
    }
  }

  private func changes(of key: InfoHash) -> AsyncStream<ListenChange> {
    let (stream, continuation) = AsyncStream<ListenChange>.makeStream()
    state.withLockedValue { state in
      state.listens.append(key)
      for change in state.waiting.removeValue(forKey: key) ?? [] { continuation.yield(change) }
      state.changes[key] = continuation
    }
    continuation.onTermination = { _ in self.state.withLockedValue { $0.changes[key] = nil } }
    return stream
  }
}

/// Waits until something is so, for five seconds at the most; whether it came to be.
func eventually(_ isSo: () async -> Bool) async -> Bool {
  for _ in 0..<250 {
    if await isSo() { return true }
    try? await Task.sleep(for: .milliseconds(20))
  }
  return false
}
