public import COpenDHT
internal import OpenDHT

extension dht_infohash {
  init(_ hash: InfoHash) {
    self.init()
    let bytes = hash.bytes
    withUnsafeMutableBytes(of: &d) { $0.copyBytes(from: bytes) }
  }
  var hash: InfoHash { withUnsafeBytes(of: d) { InfoHash(bytes: $0) } ?? .zero }
}

extension dht_pkid {
  init(_ id: PublicKeyID) {
    self.init()
    let bytes = id.bytes
    withUnsafeMutableBytes(of: &d) { $0.copyBytes(from: bytes) }
  }
  var id: PublicKeyID? { withUnsafeBytes(of: d) { PublicKeyID(bytes: $0) } }
}

@c @implementation
public func dht_infohash_zero(_ hash: UnsafeMutablePointer<dht_infohash>!) { hash?.pointee = dht_infohash(.zero) }

@c @implementation
public func dht_infohash_random(_ hash: UnsafeMutablePointer<dht_infohash>!) { hash?.pointee = dht_infohash(.random()) }

@c @implementation
public func dht_infohash_from_hex(_ hash: UnsafeMutablePointer<dht_infohash>!, _ digits: UnsafePointer<CChar>!) {
  hash?.pointee = dht_infohash(parse(digits))
}

@c @implementation
public func dht_infohash_from_hex_null(_ hash: UnsafeMutablePointer<dht_infohash>!, _ digits: UnsafePointer<CChar>!) {
  hash?.pointee = dht_infohash(parse(digits))
}

/// The hash that 40 digits write; zero when there are fewer before something else, which is never read past.
private func parse(_ digits: UnsafePointer<CChar>?) -> InfoHash {
  guard let digits else { return .zero }
  var text = ""
  for place in 0..<(2 * InfoHash.byteCount) {
    let byte = UInt8(bitPattern: digits[place])
    guard byte != 0 else { return .zero }
    text.unicodeScalars.append(Unicode.Scalar(byte))
  }
  return InfoHash(hex: text) ?? .zero
}

@c @implementation
public func dht_infohash_get(
  _ hash: UnsafeMutablePointer<dht_infohash>!, _ data: UnsafePointer<UInt8>!, _ size: Int
) {
  hash?.pointee = dht_infohash(InfoHash(hashing: bytes(data, size)))
}

@c @implementation
public func dht_infohash_get_from_string(
  _ hash: UnsafeMutablePointer<dht_infohash>!, _ string: UnsafePointer<CChar>!
) {
  hash?.pointee = dht_infohash(InfoHash(hashing: terminated(string)))
}

@c @implementation
public func dht_infohash_print(_ hash: UnsafePointer<dht_infohash>!) -> UnsafePointer<CChar>! {
  let buffer = opendht_hash_buffer()
  guard let buffer else { return nil }
  write((hash?.pointee.hash ?? .zero).description, to: buffer, size: Int(OPENDHT_DIGITS_SIZE))
  return UnsafePointer(buffer)
}

@c @implementation
public func dht_infohash_is_zero(_ hash: UnsafePointer<dht_infohash>!) -> Bool { hash?.pointee.hash ?? .zero == .zero }

@c @implementation
public func dht_pkid_print(_ id: UnsafePointer<dht_pkid>!) -> UnsafePointer<CChar>! {
  guard let buffer = opendht_pkid_buffer() else { return nil }
  write(
    id?.pointee.id?.description ?? String(repeating: "0", count: 2 * PublicKeyID.byteCount), to: buffer,
    size: Int(OPENDHT_DIGITS_SIZE))
  return UnsafePointer(buffer)
}

/// The bytes of a terminated string, whatever they are.
func terminated(_ string: UnsafePointer<CChar>?) -> [UInt8] {
  guard let string else { return [] }
  var count = 0
  while string[count] != 0 { count += 1 }
  return bytes(string, count)
}
