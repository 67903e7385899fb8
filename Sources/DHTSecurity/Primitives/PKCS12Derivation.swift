internal import Crypto

/// Derivation of keys by RFC 7292 appendix B, with SHA-1. Only to read old key files.
struct PKCS12Derivation {
  enum Purpose: UInt8 { case key = 1, iv = 2 }

  // UTF-16, big-endian, with a terminating zero.
  private let password: [UInt8]
  private let salt: [UInt8]
  private let rounds: Int

  init(password: String, salt: [UInt8], rounds: Int) {
    self.password = (Array(password.utf16) + [0]).flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    self.salt = salt
    self.rounds = max(rounds, 1)
  }

  func bytes(_ count: Int, purpose: Purpose) -> [UInt8] {
    let blockSize = 64
    var state = Self.repeated(salt, blockSize) + Self.repeated(password, blockSize)
    var output: [UInt8] = []
    while output.count < count {
      var digest = Array(Insecure.SHA1.hash(data: [UInt8](repeating: purpose.rawValue, count: blockSize) + state))
      for _ in 1..<rounds { digest = Array(Insecure.SHA1.hash(data: digest)) }
      output += digest
      let addend = Self.repeated(digest, blockSize).prefix(blockSize)
      for start in stride(from: 0, to: state.count, by: blockSize) {
        var carry: UInt16 = 1
        for index in (0..<blockSize).reversed() {
          carry += UInt16(state[start + index]) + UInt16(addend[index])
          state[start + index] = UInt8(truncatingIfNeeded: carry)
          carry >>= 8
        }
      }
    }
    return Array(output.prefix(count))
  }

  /// As often as fills whole blocks.
  private static func repeated(_ bytes: [UInt8], _ blockSize: Int) -> [UInt8] {
    guard !bytes.isEmpty else { return [] }
    let count = (bytes.count + blockSize - 1) / blockSize * blockSize
    return (0..<count).map { bytes[$0 % bytes.count] }
  }
}
