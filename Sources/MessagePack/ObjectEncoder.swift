/// Encodes into one object. The standard library asks for these three containers and the encoder itself.
struct ObjectEncoder: Encoder {
  let object: EncodedObject
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
    object.beginMap()
    return KeyedEncodingContainer(KeyedObjectEncoder<Key>(object: object, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    object.beginArray()
    return UnkeyedObjectEncoder(object: object, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    SingleObjectEncoder(object: object, codingPath: codingPath)
  }
}

private struct SingleObjectEncoder: SingleValueEncodingContainer {
  let object: EncodedObject
  let codingPath: [any CodingKey]

  func encodeNil() { object.write { $0.writeNil() } }
  func encode(_ value: Bool) { object.write { $0.writeBool(value) } }
  func encode(_ value: String) { object.write { $0.writeString(value) } }
  func encode(_ value: Double) { object.write { $0.writeDouble(value) } }
  func encode(_ value: Float) { object.write { $0.writeFloat(value) } }
  func encode(_ value: Int) { object.write { $0.writeInt64(Int64(value)) } }
  func encode(_ value: Int8) { object.write { $0.writeInt64(Int64(value)) } }
  func encode(_ value: Int16) { object.write { $0.writeInt64(Int64(value)) } }
  func encode(_ value: Int32) { object.write { $0.writeInt64(Int64(value)) } }
  func encode(_ value: Int64) { object.write { $0.writeInt64(value) } }
  func encode(_ value: UInt) { object.write { $0.writeUInt64(UInt64(value)) } }
  func encode(_ value: UInt8) { object.write { $0.writeUInt64(UInt64(value)) } }
  func encode(_ value: UInt16) { object.write { $0.writeUInt64(UInt64(value)) } }
  func encode(_ value: UInt32) { object.write { $0.writeUInt64(UInt64(value)) } }
  func encode(_ value: UInt64) { object.write { $0.writeUInt64(value) } }
  func encode<T: Encodable>(_ value: T) throws { try object.encode(value, path: codingPath) }
}

private struct KeyedObjectEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let object: EncodedObject
  let codingPath: [any CodingKey]

  private func single(_ key: Key) -> SingleObjectEncoder {
    SingleObjectEncoder(object: object.value(for: key.stringValue), codingPath: codingPath + [key])
  }
  func encodeNil(forKey key: Key) { single(key).encodeNil() }
  func encode(_ value: Bool, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: String, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Double, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Float, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Int, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Int8, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Int16, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Int32, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: Int64, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: UInt, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: UInt8, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: UInt16, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: UInt32, forKey key: Key) { single(key).encode(value) }
  func encode(_ value: UInt64, forKey key: Key) { single(key).encode(value) }
  func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try single(key).encode(value) }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) -> KeyedEncodingContainer<Nested> {
    nested(key).container(keyedBy: type)
  }
  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
  func superEncoder() -> any Encoder {
    ObjectEncoder(object: object.value(for: "super"), codingPath: codingPath)
  }
  func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

  private func nested(_ key: Key) -> ObjectEncoder {
    ObjectEncoder(object: object.value(for: key.stringValue), codingPath: codingPath + [key])
  }
}

private struct UnkeyedObjectEncoder: UnkeyedEncodingContainer {
  let object: EncodedObject
  let codingPath: [any CodingKey]
  var count: Int { object.count }

  private func single() -> SingleObjectEncoder {
    SingleObjectEncoder(object: object.nextElement(), codingPath: codingPath)
  }
  func encodeNil() { single().encodeNil() }
  func encode(_ value: Bool) { single().encode(value) }
  func encode(_ value: String) { single().encode(value) }
  func encode(_ value: Double) { single().encode(value) }
  func encode(_ value: Float) { single().encode(value) }
  func encode(_ value: Int) { single().encode(value) }
  func encode(_ value: Int8) { single().encode(value) }
  func encode(_ value: Int16) { single().encode(value) }
  func encode(_ value: Int32) { single().encode(value) }
  func encode(_ value: Int64) { single().encode(value) }
  func encode(_ value: UInt) { single().encode(value) }
  func encode(_ value: UInt8) { single().encode(value) }
  func encode(_ value: UInt16) { single().encode(value) }
  func encode(_ value: UInt32) { single().encode(value) }
  func encode(_ value: UInt64) { single().encode(value) }
  func encode<T: Encodable>(_ value: T) throws { try single().encode(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
    nested().container(keyedBy: type)
  }
  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
  func superEncoder() -> any Encoder { nested() }

  private func nested() -> ObjectEncoder { ObjectEncoder(object: object.nextElement(), codingPath: codingPath) }
}
