/// Turns MessagePack into `Decodable` values.
///
/// ```swift
/// let greeting = try MessagePackDecoder().decode(Greeting.self, from: bytes)
/// ```
/// Maps may be written by anyone: pairs in any order, unknown keys, the first of equal keys counts. Numbers are taken
/// from any form that holds them exactly. `[UInt8]` is read from binary, string or array.
public struct MessagePackDecoder: Sendable {
  /// Objects that may stand within each other; deeper ones are refused, so that no input exhausts the stack.
  public static let nestingLimit = 64

  /// A decoder.
  public init() {}

  /// A value from bytes. Bytes after it are ignored.
  /// - Throws: `DecodingError`, or what the value's `init(from:)` throws.
  public func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
    try EncodedPlace(bytes: bytes, offset: 0, path: []).decode(type)
  }
}

/// One object within the bytes that are decoded.
struct EncodedPlace {
  let bytes: [UInt8]
  let offset: Int
  let path: [any CodingKey]

  /// Runs some reading here; what it throws becomes a `DecodingError`.
  func read<T>(_ body: (inout MessagePackReader) throws(MessagePackError) -> T) throws -> T {
    var reader = MessagePackReader(bytes.span.bytes, at: offset, nestingLimit: MessagePackDecoder.nestingLimit)
    do throws(MessagePackError) {
      return try body(&reader)
    } catch {
      throw decodingError(error, wanted: T.self)
    }
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    guard path.count <= MessagePackDecoder.nestingLimit else {
      throw decodingError(MessagePackError.tooDeep(offset: offset), wanted: type)
    }
    if type == [UInt8].self, let bytes = try readBytes() as? T { return bytes }
    return try T(from: PlaceDecoder(place: self))
  }

  var isNil: Bool { (try? read { reader throws(MessagePackError) in try reader.readNil() }) != nil }

  func readString() throws -> String {
    let range = try read { reader throws(MessagePackError) in try reader.readString() }
    guard let text = String(validating: bytes[range], as: UTF8.self) else {
      throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "a string that is not UTF-8"))
    }
    return text
  }

  // A number written as an integer will do where it is exact.
  func readDouble() throws -> Double {
    try read { reader throws(MessagePackError) in
      switch try reader.peekKind() {
      case .unsigned, .signed:
        guard let number = Double(exactly: try reader.readInt64()) else { throw .outOfRange(offset: reader.offset) }
        return number
      default: return try reader.readDouble()
      }
    }
  }

  // Of a wider form only what a `Float` holds exactly: 16777217 would come out as another number.
  func readFloat() throws -> Float {
    let number = try readDouble()
    guard number.isNaN || Float(exactly: number) != nil else {
      throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "more digits than a Float holds"))
    }
    return Float(number)
  }

  private func readBytes() throws -> [UInt8] {
    try read { reader throws(MessagePackError) in
      guard try reader.peekKind() == .array else { return Array(bytes[try reader.readStringOrBinary()]) }
      var numbers: [UInt8] = []
      for _ in 0..<(try reader.readArrayHeader()) { numbers.append(try reader.readInteger(UInt8.self)) }
      return numbers
    }
  }

  private func decodingError(_ error: MessagePackError, wanted: Any.Type) -> DecodingError {
    let context = DecodingError.Context(codingPath: path, debugDescription: "\(error)", underlyingError: error)
    return switch error {
    case .unexpectedType: .typeMismatch(wanted, context)
    case .truncated, .outOfRange, .tooDeep: .dataCorrupted(context)
    }
  }
}
