internal import Crypto
public import DHTModel

extension InfoHash {
  /// Hashes a text: SHA-1 of its UTF-8 bytes, as every tool of the network does with a key that is not 40 hex digits.
  ///
  ///     let room = InfoHash(hashing: "room")
  public init(hashing text: some StringProtocol) {
    self.init(hashing: Array(text.utf8))
  }

  /// Hashes bytes: SHA-1.
  public init(hashing bytes: some Sequence<UInt8>) {
    var hasher = Insecure.SHA1()
    let bytes = Array(bytes)
    hasher.update(data: bytes)
    let digest = hasher.finalize()
    self = digest.withUnsafeBytes { InfoHash(reading: RawSpan(_unsafeBytes: $0), at: 0) }
  }
}
