import DHTModel
import MessagePack

/// The top level of a datagram, read in one pass and not yet judged. Of a key given twice the last one counts.
/// (wire.md §1.1)
struct Envelope: ~Copyable {
  var kind: MessagePackKey?
  var request: MessagePackKey?
  var transaction: TransactionID = 0
  var agent = UserAgent([])
  var network: NetworkID = 0
  var isClient = false
  var failure: Failure?
  var part: Part?
  /// Whether there was an `r`, a `u`: only that counts for the kind. (§1.3)
  var hasResults = false
  var hasLegacyPush = false
  /// Of `a`, else `r`, else `u`. (§1.3)
  var arguments = Arguments()
  private var source = Source.none

  // Where the arguments come from; a greater one replaces a lesser.
  private enum Source: Int {
    case none, legacyPush, results, arguments
  }

  /// Whether any of `a`, `r`, `u` was there.
  var hasArguments: Bool { source != .none }

  /// Reads the map of a datagram.
  mutating func read(_ reader: inout MessagePackReader) throws(MessagePackError) {
    for _ in 0..<(try reader.readMapHeader()) {
      switch try reader.readKey() {
      case .kind: kind = try reader.readName()
      case .request: request = try reader.readName()
      case .transaction: transaction = try reader.readTransaction()
      case .agent: agent = UserAgent(reading: reader.bytes, in: try reader.readStringOrBinary())
      case .network: network = try reader.readInteger(UInt32.self)
      case .isClient: isClient = try reader.readBool()
      case .failure: failure = try Failure(reading: &reader)
      case .part: part = try Part(reading: &reader)
      case .arguments: try readArguments(&reader, from: .arguments)
      case .results:
        hasResults = true
        try readArguments(&reader, from: .results)
      case .legacyPush:
        hasLegacyPush = true
        try readArguments(&reader, from: .legacyPush)
      default: try reader.skip()
      }
    }
  }

  private mutating func readArguments(
    _ reader: inout MessagePackReader, from source: Source
  ) throws(MessagePackError) {
    guard source.rawValue >= self.source.rawValue else { return try reader.skip() }
    if self.source != .none { arguments = Arguments() }
    self.source = source
    try arguments.read(&reader)
  }
}

extension Failure {
  /// Longest text that is kept, in bytes; it is for people only.
  static let keptTextBytes = 128

  // [code, text, …]; the code is required.
  fileprivate init(reading reader: inout MessagePackReader) throws(MessagePackError) {
    let start = reader.offset
    let count = try reader.readArrayHeader()
    guard count > 0 else { throw .outOfRange(offset: start) }
    code = try reader.readInteger(UInt16.self)
    text = []
    for index in 1..<count {
      let kind = try reader.peekKind()
      guard index == 1, kind == .string || kind == .binary else {
        try reader.skip()
        continue
      }
      text = reader.copy(try reader.readStringOrBinary().prefixRange(Self.keptTextBytes))
    }
  }
}

extension Range<Int> {
  fileprivate func prefixRange(_ count: Int) -> Range<Int> {
    lowerBound..<Swift.min(upperBound, lowerBound + count)
  }
}
