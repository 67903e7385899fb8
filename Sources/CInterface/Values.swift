public import COpenDHT
internal import DHTText
internal import OpenDHT

@c @implementation
public func dht_value_new(_ data: UnsafePointer<UInt8>!, _ size: Int) -> OpaquePointer! {
  OpaquePointer(value: Value(bytes(data, size)))
}

@c @implementation
public func odht_value_new(
  _ data: UnsafePointer<UInt8>!, _ size: Int, _ type: UInt16, _ id: dht_value_id, _ userType: UnsafePointer<CChar>!
) -> OpaquePointer! {
  let body = Value.Body(type: type, data: bytes(data, size), userTypeBytes: terminated(userType))
  return OpaquePointer(value: Value(id: id, content: .plain(body)))
}

@c @implementation
public func dht_value_new_from_string(_ string: UnsafePointer<CChar>!) -> OpaquePointer! {
  OpaquePointer(value: Value(terminated(string), userType: "text/plain"))
}

@c @implementation
public func dht_value_ref(_ value: OpaquePointer!) -> OpaquePointer! {
  sharedValue(value).map { newHandle(ValueHandle($0)) }
}

@c @implementation
public func dht_value_unref(_ value: OpaquePointer!) { release(value, as: ValueHandle.self) }

@c @implementation
public func dht_value_get_data(_ value: OpaquePointer!) -> dht_data_view {
  sharedValue(value)?.dataView ?? dht_data_view()
}

@c @implementation
public func dht_value_get_id(_ value: OpaquePointer!) -> dht_value_id { sharedValue(value)?.value.id ?? 0 }

@c @implementation
public func dht_value_get_owner(_ value: OpaquePointer!) -> OpaquePointer! {
  sharedValue(value)?.value.signer.map { newHandle(Held($0)) }
}

@c @implementation
public func dht_value_get_recipient(_ value: OpaquePointer!) -> dht_infohash {
  dht_infohash(sharedValue(value)?.recipient ?? .zero)
}

@c @implementation
public func dht_value_get_user_type(_ value: OpaquePointer!) -> UnsafePointer<CChar>! {
  guard let start = sharedValue(value)?.userTypeView.data else { return noUserType }
  return UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self)
}

/// "", as long as the process lives; written once, before anybody sees it.
nonisolated(unsafe) private let noUserType: UnsafePointer<CChar>? = allocated("").map { UnsafePointer($0) }

@c @implementation
public func dht_value_set_user_type(_ value: OpaquePointer!, _ userType: UnsafePointer<CChar>!) {
  sharedValue(value)?.edit { $0.userTypeBytes = terminated(userType) }
}

@c @implementation
public func odht_value_get_type(_ value: OpaquePointer!) -> UInt16 { sharedValue(value)?.value.type ?? 0 }

@c @implementation
public func odht_value_set_type(_ value: OpaquePointer!, _ type: UInt16) { sharedValue(value)?.edit { $0.type = type } }

@c @implementation
public func odht_value_set_id(_ value: OpaquePointer!, _ id: dht_value_id) { sharedValue(value)?.setID(id) }

@c @implementation
public func odht_value_set_data(_ value: OpaquePointer!, _ data: UnsafePointer<UInt8>!, _ size: Int) {
  sharedValue(value)?.edit { $0.data = bytes(data, size) }
}

@c @implementation
public func odht_value_copy_data(_ value: OpaquePointer!, _ size: UnsafeMutablePointer<Int>!) -> UnsafeMutablePointer<
  CChar
>! {
  let data = sharedValue(value)?.value.data ?? []
  size?.pointee = data.count
  return allocated(data)
}

@c @implementation
public func odht_value_copy_user_type(
  _ value: OpaquePointer!, _ size: UnsafeMutablePointer<Int>!
) -> UnsafeMutablePointer<CChar>! {
  let userType = sharedValue(value)?.value.body?.userTypeBytes ?? []
  size?.pointee = userType.count
  return allocated(userType)
}

@c @implementation
public func odht_value_set_recipient(_ value: OpaquePointer!, _ recipient: UnsafePointer<dht_infohash>!) {
  sharedValue(value)?.recipient = recipient?.pointee.hash
}

@c @implementation
public func odht_value_get_sequence(_ value: OpaquePointer!) -> UInt16 { sharedValue(value)?.value.sequence ?? 0 }

@c @implementation
public func odht_value_get_size(_ value: OpaquePointer!) -> Int { sharedValue(value)?.value.size ?? 0 }

@c @implementation
public func odht_value_is_signed(_ value: OpaquePointer!) -> Bool { sharedValue(value)?.value.signature != nil }

@c @implementation
public func odht_value_is_encrypted(_ value: OpaquePointer!) -> Bool { sharedValue(value)?.value.cypher != nil }

@c @implementation
public func odht_value_was_encrypted(_ value: OpaquePointer!) -> Bool {
  sharedValue(value)?.value.wasEncrypted ?? false
}

@c @implementation
public func odht_value_print(_ value: OpaquePointer!, _ size: UnsafeMutablePointer<Int>!) -> UnsafeMutablePointer<
  CChar
>! {
  let text = sharedValue(value).map { valueText($0.value) } ?? []
  size?.pointee = text.count
  return allocated(text)
}
