internal import DHTModel
internal import NIOCore

/// What event streams tell of one key, however many they are: its values as they are now, each with the number of its last
/// change, and which went lately.
struct KeyFeed {
  /// Values that went are remembered for those who come back: so many for each key. Whoever was away for more of them is
  /// told all anew.
  static let mostGone = 64

  struct Entry: Sendable {
    var fields: ValueFields
    /// The value as JSON, without a line end. All streams share the bytes.
    var json: ByteBuffer
    var sequence: UInt64
  }

  /// A change, as those who listen must be told of it.
  struct Change {
    var id: Value.ID
    var sequence: UInt64
    /// What was there before, for filters; nil for a new value.
    var before: ValueFields?
    /// What is there now; nil when it went.
    var after: ValueFields?
    /// The value as JSON, with `expired` if it went.
    var json: ByteBuffer
  }

  private(set) var entries: [Value.ID: Entry] = [:]
  // Oldest first.
  private var gone: [(id: Value.ID, sequence: UInt64)] = []
  /// Positions before this one cannot be continued from.
  private(set) var horizon: UInt64
  /// When the values known at the start had all been told, and whether the network was asked for them; nil before.
  private(set) var initial: (sequence: UInt64, isComplete: Bool)?

  /// A feed that begins with that number.
  init(since sequence: UInt64) { horizon = sequence }

  /// A value is there, new or changed.
  mutating func put(_ fields: ValueFields, json: ByteBuffer, sequence: UInt64) -> Change? {
    let before = entries[fields.id]
    // A source may tell a value again.
    guard before?.json != json else { return nil }
    entries[fields.id] = Entry(fields: fields, json: json, sequence: sequence)
    gone.removeAll { $0.id == fields.id }
    return Change(id: fields.id, sequence: sequence, before: before?.fields, after: fields, json: json)
  }

  /// A value went.
  mutating func remove(_ id: Value.ID, json: ByteBuffer, sequence: UInt64) -> Change? {
    guard let before = entries.removeValue(forKey: id) else { return nil }
    gone.append((id, sequence))
    if gone.count > Self.mostGone { horizon = max(horizon, gone.removeFirst().sequence) }
    return Change(id: id, sequence: sequence, before: before.fields, after: nil, json: json)
  }

  /// The values known at the start are all here.
  mutating func finishInitial(isComplete: Bool, sequence: UInt64) -> Bool {
    guard initial == nil else { return false }
    initial = (sequence, isComplete)
    return true
  }

  /// Values in the order of their changes: the same for every reader.
  var listing: [Entry] { entries.values.sorted { ($0.sequence, $0.fields.id) < ($1.sequence, $1.fields.id) } }

  /// What happened after a position: values that changed, and ids that went; nil when that is not known any more.
  func changes(after sequence: UInt64) -> (changed: [Entry], gone: [Value.ID])? {
    guard sequence >= horizon else { return nil }
    return (
      listing.filter { $0.sequence > sequence }, gone.filter { $0.sequence > sequence }.map(\.id)
    )
  }
}
