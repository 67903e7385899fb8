public import COpenDHT
internal import OpenDHT

/// The code of GnuTLS for a buffer that is too small, which programs look for.
private let shortBuffer: Int32 = -51

@c @implementation
public func dht_publickey_import(_ data: UnsafePointer<UInt8>!, _ size: Int) -> OpaquePointer! {
  attempt { newHandle(Held(try PublicKey(decoding: bytes(data, size)))) }
}

@c @implementation
public func dht_publickey_delete(_ key: OpaquePointer!) { release(key, as: Held<PublicKey>.self) }

@c @implementation
public func odht_publickey_ref(_ key: OpaquePointer!) -> OpaquePointer! {
  held(key, PublicKey.self).map { newHandle(Held($0)) }
}

@c @implementation
public func dht_publickey_export(
  _ key: OpaquePointer!, _ out: UnsafeMutablePointer<CChar>!, _ size: UnsafeMutablePointer<Int>!
) -> Int32 {
  guard let key = held(key, PublicKey.self), let size else { return -1 }
  return copy(key.derRepresentation, to: out, size, terminated: false)
}

/// Writes bytes to a buffer of C's, `size` being its capacity before and their count after.
private func copy(
  _ bytes: [UInt8], to out: UnsafeMutablePointer<CChar>?, _ size: UnsafeMutablePointer<Int>, terminated: Bool
) -> Int32 {
  let capacity = size.pointee
  let needed = bytes.count + (terminated ? 1 : 0)
  guard let out, capacity >= needed else {
    size.pointee = needed
    fail("the buffer is too small: \(needed) bytes are needed")
    return shortBuffer
  }
  for (place, byte) in bytes.enumerated() { out[place] = CChar(bitPattern: byte) }
  if terminated { out[bytes.count] = 0 }
  size.pointee = bytes.count
  return 0
}

@c @implementation
public func dht_publickey_get_id(_ key: OpaquePointer!) -> dht_infohash {
  dht_infohash(held(key, PublicKey.self)?.id ?? .zero)
}

@c @implementation
public func dht_publickey_get_long_id(_ key: OpaquePointer!) -> dht_pkid {
  held(key, PublicKey.self).map { dht_pkid($0.longID) } ?? dht_pkid()
}

@c @implementation
public func dht_publickey_check_signature(
  _ key: OpaquePointer!, _ data: UnsafePointer<CChar>!, _ size: Int, _ signature: UnsafePointer<CChar>!,
  _ signatureSize: Int
) -> Bool {
  held(key, PublicKey.self)?.isValid(signature: bytes(signature, signatureSize), for: bytes(data, size)) ?? false
}

@c @implementation
public func dht_publickey_encrypt(_ key: OpaquePointer!, _ data: UnsafePointer<CChar>!, _ size: Int) -> OpaquePointer! {
  held(key, PublicKey.self).flatMap { key in attempt { OpaquePointer(blob: try key.encrypt(bytes(data, size))) } }
}

@c @implementation
public func dht_privatekey_generate(_ bits: UInt32) -> OpaquePointer! {
  attempt { newHandle(Held(try PrivateKey.generateRSA(bits: bits == 0 ? 4096 : Int(bits)))) }
}

@c @implementation
public func odht_privatekey_generate_ec() -> OpaquePointer! { attempt { newHandle(Held(try PrivateKey.generateEC())) } }

@c @implementation
public func odht_privatekey_ref(_ key: OpaquePointer!) -> OpaquePointer! {
  held(key, PrivateKey.self).map { newHandle(Held($0)) }
}

@c @implementation
public func dht_privatekey_import(
  _ data: UnsafePointer<UInt8>!, _ size: Int, _ password: UnsafePointer<CChar>!
) -> OpaquePointer! {
  attempt { newHandle(Held(try PrivateKey(decoding: bytes(data, size), password: text(password)))) }
}

@c @implementation
public func dht_privatekey_export(
  _ key: OpaquePointer!, _ out: UnsafeMutablePointer<CChar>!, _ size: UnsafeMutablePointer<Int>!,
  _ password: UnsafePointer<CChar>!
) -> Int32 {
  guard let key = held(key, PrivateKey.self), let out, let size, size.pointee > 0 else { return -1 }
  guard let pem = attempt({ try key.pemRepresentation(password: text(password)) }) else { return -1 }
  return copy(Array(pem.utf8), to: out, size, terminated: true)
}

@c @implementation
public func dht_privatekey_get_publickey(_ key: OpaquePointer!) -> OpaquePointer! {
  held(key, PrivateKey.self).map { newHandle(Held($0.publicKey)) }
}

@c @implementation
public func dht_privatekey_decrypt(_ key: OpaquePointer!, _ data: UnsafePointer<CChar>!, _ size: Int) -> OpaquePointer!
{
  held(key, PrivateKey.self).flatMap { key in attempt { OpaquePointer(blob: try key.decrypt(bytes(data, size))) } }
}

@c @implementation
public func odht_privatekey_sign(_ key: OpaquePointer!, _ data: UnsafePointer<UInt8>!, _ size: Int) -> OpaquePointer! {
  held(key, PrivateKey.self).flatMap { key in attempt { OpaquePointer(blob: try key.sign(bytes(data, size))) } }
}

@c @implementation
public func dht_privatekey_delete(_ key: OpaquePointer!) { release(key, as: Held<PrivateKey>.self) }

@c @implementation
public func odht_aes_encrypt(
  _ data: UnsafePointer<UInt8>!, _ size: Int, _ password: UnsafePointer<CChar>!
) -> OpaquePointer! {
  attempt { OpaquePointer(blob: try PasswordCipher(password: text(password) ?? "").encrypt(bytes(data, size))) }
}

@c @implementation
public func odht_aes_decrypt(
  _ data: UnsafePointer<UInt8>!, _ size: Int, _ password: UnsafePointer<CChar>!
) -> OpaquePointer! {
  attempt { OpaquePointer(blob: try PasswordCipher(password: text(password) ?? "").decrypt(bytes(data, size))) }
}
