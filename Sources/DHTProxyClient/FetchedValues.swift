internal import DHTModel

/// The values that one get delivered, over all its attempts, so that each distinct content comes once.
struct FetchedValues {
  /// Different contents under one id. Honest nodes hold one, or for a moment two.
  private static let contentsPerID = 8
  /// Values under one key; nodes keep no more.
  private static let maximumCount = 65536

  private var contents: [Value.ID: [Value]] = [:]
  private var bytes = 0
  private let maximumBytes: Int
  private(set) var count = 0
  private(set) var dropped = 0
  /// Values that were badly signed, or for somebody else.
  var refused = 0

  init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

  /// All of them, by id.
  var values: [Value] { contents.keys.sorted().flatMap { contents[$0] ?? [] } }
  var ids: Set<Value.ID> { Set(contents.keys) }

  /// Those that are news.
  mutating func take(_ values: [Value]) -> [Value] {
    values.filter { value in
      let known = contents[value.id] ?? []
      guard !known.contains(where: { $0.hasSameContent(as: value) || $0.isNewerEdition(of: value) }) else {
        return false
      }
      guard known.count < Self.contentsPerID, count < Self.maximumCount, bytes + value.cost <= maximumBytes else {
        dropped += 1
        return false
      }
      contents[value.id, default: []].append(value)
      bytes += value.cost
      count += 1
      return true
    }
  }
}
