internal import Crypto
internal import DHTModel
internal import DHTWire
internal import Synchronization

/// What was found when values were opened, the latest of them. Two generations: when the young one is full it becomes
/// the old one, and what nobody asked for since is forgotten.
final class OpeningCache: Sendable {
  /// Names a value by what it says: a hash of its content. The id is not part of it, nor is it signed.
  struct Name: Hashable, Sendable {
    private let digest: PublicKeyID

    init(of value: Value) { digest = PublicKeyID(hashing: value.content.packed()) }
  }

  enum Finding: Sendable {
    case verified, badSignature, notForUs
    /// What was inside.
    case opened(Value.Content)

    /// Bytes it takes: of the value inside, and about what a place in a table takes.
    var bytes: Int {
      if case .opened(let content) = self { 128 + Value(content: content).size } else { 128 }
    }
  }

  /// Bytes of one generation. A value is held by eight nodes, whose answers come within seconds.
  private static let generationBytes = 4 << 20

  private struct Generations {
    var young: [Name: Finding] = [:]
    var old: [Name: Finding] = [:]
    var youngBytes = 0
  }
  private let generations = Mutex(Generations())

  subscript(_ name: Name) -> Finding? {
    get {
      generations.withLock { $0.young[name] ?? $0.old[name] }
    }
    set {
      guard let newValue else { return }
      generations.withLock { generations in
        generations.youngBytes += newValue.bytes
        generations.young[name] = newValue
        guard generations.youngBytes > Self.generationBytes else { return }
        generations.old = generations.young
        (generations.young, generations.youngBytes) = ([:], 0)
      }
    }
  }
}
