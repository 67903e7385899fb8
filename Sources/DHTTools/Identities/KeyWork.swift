import Dispatch
import OpenDHT

/// Work that takes a second of a processor, such as making a key: on a thread of its own, and a person is told.
enum KeyWork {
  /// From then on somebody may wonder whether the program still works.
  private static let patience: Duration = .seconds(1)

  /// Runs it. `tell` gets one line if it takes long.
  static func run<Result: Sendable>(
    tell: @escaping @Sendable (String) -> Void, _ label: String, _ work: @escaping @Sendable () -> Result
  ) async -> Result {
    let telling = Task {
      do { try await Task.sleep(for: patience) } catch { return }
      tell(label)
    }
    defer { telling.cancel() }
    return await withCheckedContinuation { continuation in
      DispatchQueue.global(qos: .userInitiated).async { continuation.resume(returning: work()) }
    }
  }

  /// An identity as the tools of the network make theirs: an authority, and a node's key that it certifies. (tools.md §2.1)
  static func generate(
    tell: @escaping @Sendable (String) -> Void
  ) async throws(IdentityFailure) -> (identity: Identity, authority: Identity) {
    let made = await run(tell: tell, "making an RSA key of 4096 bits…") {
      () -> Result<(Identity, Identity), SecurityError> in
      Result { () throws(SecurityError) in
        let authority = try Identity.generateAuthority(name: "DHT Node CA")
        return (try Identity.generate(name: "DHT Node", authority: authority), authority)
      }
    }
    do throws(SecurityError) { return try made.get() } catch {
      throw IdentityFailure(description: "No identity could be made: \(error)")
    }
  }
}
