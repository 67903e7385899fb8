internal import Crypto

/// Hashes bytes to a size: SHA-1 up to 20 bytes, SHA-256 up to 32, else SHA-512, cut to the size and never padded.
/// (crypto.md §3.1)
///
/// - Parameter byteCount: Bytes wanted. More than 64 give 64; none or fewer give none.
public func hash(_ data: [UInt8], byteCount: Int) -> [UInt8] {
  switch byteCount {
  case ...0: []
  case ...20: Array(Insecure.SHA1.hash(data: data).prefix(byteCount))
  case ...32: Array(SHA256.hash(data: data).prefix(byteCount))
  default: Array(SHA512.hash(data: data).prefix(byteCount))
  }
}
