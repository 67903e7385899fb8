/// Decodes one object. The standard library asks for these three containers and the decoder itself.
struct PlaceDecoder: Decoder {
  let place: EncodedPlace
  var codingPath: [any CodingKey] { place.path }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy: Key.Type) throws -> KeyedDecodingContainer<Key> {
    KeyedDecodingContainer(try KeyedPlaceDecoder<Key>(place))
  }
  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try UnkeyedPlaceDecoder(place) }
  func singleValueContainer() -> any SingleValueDecodingContainer { SinglePlaceDecoder(place: place) }
}

private struct SinglePlaceDecoder: SingleValueDecodingContainer {
  let place: EncodedPlace
  var codingPath: [any CodingKey] { place.path }

  func decodeNil() -> Bool { place.isNil }
  func decode(_: Bool.Type) throws -> Bool { try place.read { r throws(MessagePackError) in try r.readBool() } }
  func decode(_: String.Type) throws -> String { try place.readString() }
  func decode(_: Double.Type) throws -> Double { try place.readDouble() }
  func decode(_: Float.Type) throws -> Float { try place.readFloat() }
  func decode(_: Int.Type) throws -> Int { try integer() }
  func decode(_: Int8.Type) throws -> Int8 { try integer() }
  func decode(_: Int16.Type) throws -> Int16 { try integer() }
  func decode(_: Int32.Type) throws -> Int32 { try integer() }
  func decode(_: Int64.Type) throws -> Int64 { try integer() }
  func decode(_: UInt.Type) throws -> UInt { try integer() }
  func decode(_: UInt8.Type) throws -> UInt8 { try integer() }
  func decode(_: UInt16.Type) throws -> UInt16 { try integer() }
  func decode(_: UInt32.Type) throws -> UInt32 { try integer() }
  func decode(_: UInt64.Type) throws -> UInt64 { try integer() }
  func decode<T: Decodable>(_ type: T.Type) throws -> T { try place.decode(type) }

  private func integer<T: FixedWidthInteger>() throws -> T {
    try place.read { reader throws(MessagePackError) in try reader.readInteger(T.self) }
  }
}

private struct KeyedPlaceDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  private let place: EncodedPlace
  // Where the value of each key begins.
  private let offsets: [String: Int]

  init(_ place: EncodedPlace) throws {
    self.place = place
    offsets = try place.read { reader throws(MessagePackError) in
      var offsets: [String: Int] = [:]
      for _ in 0..<(try reader.readMapHeader()) {
        var name: String?
        switch try reader.peekKind() {
        case .string: name = String(validating: place.bytes[try reader.readString()], as: UTF8.self)
        case .unsigned: name = String(try reader.readUInt64())
        case .signed: name = String(try reader.readInt64())
        default: try reader.skip()
        }
        if let name, offsets[name] == nil { offsets[name] = reader.offset }
        try reader.skip()
      }
      return offsets
    }
  }

  var codingPath: [any CodingKey] { place.path }
  var allKeys: [Key] { offsets.sorted { $0.value < $1.value }.compactMap { Key(stringValue: $0.key) } }
  func contains(_ key: Key) -> Bool { offsets[key.stringValue] != nil }

  private func value(_ key: Key) throws -> EncodedPlace {
    guard let offset = offsets[key.stringValue] else {
      throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "no such key"))
    }
    return EncodedPlace(bytes: place.bytes, offset: offset, path: place.path + [key])
  }

  func decodeNil(forKey key: Key) throws -> Bool { try value(key).isNil }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try value(key).decode(type) }
  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try PlaceDecoder(place: value(key)).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try PlaceDecoder(place: value(key)).unkeyedContainer()
  }
  func superDecoder() throws -> any Decoder {
    guard let offset = offsets["super"] else {
      throw DecodingError.valueNotFound(
        (any Decoder).self, .init(codingPath: codingPath, debugDescription: "no such key"))
    }
    return PlaceDecoder(place: EncodedPlace(bytes: place.bytes, offset: offset, path: place.path))
  }
  func superDecoder(forKey key: Key) throws -> any Decoder { PlaceDecoder(place: try value(key)) }
}

private struct UnkeyedPlaceDecoder: UnkeyedDecodingContainer {
  private let place: EncodedPlace
  // Where the next element begins.
  private var offset: Int
  let total: Int
  private(set) var currentIndex = 0

  init(_ place: EncodedPlace) throws {
    self.place = place
    (total, offset) = try place.read { reader throws(MessagePackError) in
      (try reader.readArrayHeader(), reader.offset)
    }
  }

  var codingPath: [any CodingKey] { place.path }
  var count: Int? { total }
  var isAtEnd: Bool { currentIndex >= total }

  private func next() throws -> EncodedPlace {
    let element = EncodedPlace(bytes: place.bytes, offset: offset, path: place.path + [IndexKey(currentIndex)])
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(Any.self, .init(codingPath: element.path, debugDescription: "the array ends"))
    }
    return element
  }

  // Only what was decoded is passed, so that a failed attempt can be tried as another type.
  private mutating func pass(_ element: EncodedPlace) throws {
    offset = try element.read { reader throws(MessagePackError) in
      try reader.skip()
      return reader.offset
    }
    currentIndex += 1
  }

  mutating func decodeNil() throws -> Bool {
    let element = try next()
    guard element.isNil else { return false }
    try pass(element)
    return true
  }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
    let element = try next()
    let value = try element.decode(type)
    try pass(element)
    return value
  }
  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    let element = try next()
    try pass(element)
    return try PlaceDecoder(place: element).container(keyedBy: type)
  }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    let element = try next()
    try pass(element)
    return try PlaceDecoder(place: element).unkeyedContainer()
  }
  mutating func superDecoder() throws -> any Decoder {
    let element = try next()
    try pass(element)
    return PlaceDecoder(place: element)
  }
}

/// The place of an array's element, in error messages.
private struct IndexKey: CodingKey {
  let index: Int
  init(_ index: Int) { self.index = index }
  init?(stringValue: String) { nil }
  init?(intValue: Int) { index = intValue }
  var stringValue: String { "Index \(index)" }
  var intValue: Int? { index }
}
