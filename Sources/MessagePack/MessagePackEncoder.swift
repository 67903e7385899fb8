/// Turns `Encodable` values into MessagePack.
///
/// ```swift
/// struct Greeting: Codable { var text: String, sent: UInt64 }
/// let bytes = try MessagePackEncoder().encode(Greeting(text: "hello", sent: 7))
/// ```
/// A structure becomes a map with its property names as keys, in the order it encodes them; a dictionary becomes a map
/// ordered by key; `[UInt8]` becomes a binary. Numbers take the shortest form, but a `Float` and a `Double` keep
/// their width.
public struct MessagePackEncoder: Sendable {
  /// An encoder.
  public init() {}

  /// The bytes of a value.
  /// - Throws: What the value's `encode(to:)` throws.
  public func encode(_ value: some Encodable) throws -> [UInt8] {
    let object = EncodedObject()
    try object.encode(value, path: [])
    return MessagePackWriter.bytes { object.write(to: &$0) }
  }
}

/// An object while it is encoded: MessagePack wants counts before contents, so contents are kept until all are there.
final class EncodedObject {
  private enum Content {
    case bytes([UInt8])
    case array([EncodedObject])
    case map([(key: String, value: EncodedObject)])
  }

  // Nothing encoded counts as an empty map, as a structure without properties.
  private var content: Content?
  private var sortsKeys = false
  // Where each key stands in the map.
  private var indices: [String: Int] = [:]

  /// Elements or pairs so far.
  var count: Int {
    switch content {
    case .array(let elements): elements.count
    case .map(let pairs): pairs.count
    case .bytes, nil: 0
    }
  }

  func write(_ body: (inout MessagePackWriter) -> Void) {
    content = .bytes(MessagePackWriter.bytes(reserving: 16, body))
  }

  func encode<T: Encodable>(_ value: T, path: [any CodingKey]) throws {
    // The type decides, not a cast: an empty array can be cast to an array of anything.
    if T.self == [UInt8].self, let bytes = value as? [UInt8] { return write { $0.writeBinary(bytes) } }
    if value is any SortedByKey { sortsKeys = true }
    try value.encode(to: ObjectEncoder(object: self, codingPath: path))
  }

  func beginMap() { if case .map = content {} else { content = .map([]) } }
  func beginArray() { if case .array = content {} else { content = .array([]) } }

  /// A new object under a key.
  func value(for key: String) -> EncodedObject {
    let value = EncodedObject()
    var pairs: [(key: String, value: EncodedObject)] = []
    if case .map(let known) = content { pairs = known }
    content = nil  // moved out, so that appending does not copy
    if let index = indices[key] {
      pairs[index].value = value
    } else {
      indices[key] = pairs.count
      pairs.append((key, value))
    }
    content = .map(pairs)
    return value
  }

  /// A new object after the others.
  func nextElement() -> EncodedObject {
    let value = EncodedObject()
    var elements: [EncodedObject] = []
    if case .array(let known) = content { elements = known }
    content = nil
    elements.append(value)
    content = .array(elements)
    return value
  }

  func write(to writer: inout MessagePackWriter) {
    switch content {
    case .bytes(let bytes): writer.append(bytes)
    case .array(let elements):
      writer.writeArrayHeader(elements.count)
      for element in elements { element.write(to: &writer) }
    case .map(let pairs):
      writer.writeMapHeader(pairs.count)
      for (key, value) in sortsKeys ? pairs.sorted(by: { $0.key < $1.key }) : pairs {
        writer.writeString(key)
        value.write(to: &writer)
      }
    case nil: writer.writeMapHeader(0)
    }
  }
}

/// Dictionaries, whose own order changes from run to run.
private protocol SortedByKey {}
extension Dictionary: SortedByKey {}
