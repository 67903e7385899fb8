internal import Crypto
internal import CryptoExtras
internal import DHTModel

/// The encryption that OpenSSL once put around the lines of a PEM: `DEK-Info: AES-256-CBC,<IV in hex>`, and a key made
/// by MD5 of password and the first eight bytes of the IV. Only read.
enum LegacyPEMEncryption {
  static func open(_ block: PEMBlock, password: String?) throws(SecurityError) -> [UInt8] {
    let settings = (block.headers["DEK-Info"] ?? "").split(separator: ",")
    guard settings.count == 2, let iv = hexBytes(settings[1]), iv.count >= 8 else { throw .malformed(.privateKey) }
    guard let password else { throw .decryption }
    switch settings[0] {
    case "AES-128-CBC": return try openAES(block.bytes, key: key(password, iv, 16), iv)
    case "AES-192-CBC": return try openAES(block.bytes, key: key(password, iv, 24), iv)
    case "AES-256-CBC": return try openAES(block.bytes, key: key(password, iv, 32), iv)
    case "DES-EDE3-CBC": return try TripleDES(key: key(password, iv, 24)).decrypt(block.bytes, iv: iv)
    default: throw .malformed(.privateKey)
    }
  }

  private static func openAES(_ cypher: [UInt8], key: [UInt8], _ iv: [UInt8]) throws(SecurityError) -> [UInt8] {
    do {
      return Array(try AES._CBC.decrypt(cypher, using: SymmetricKey(data: key), iv: AES._CBC.IV(ivBytes: iv)))
    } catch { throw .decryption }
  }

  private static func key(_ password: String, _ iv: [UInt8], _ count: Int) -> [UInt8] {
    var key: [UInt8] = []
    var last: [UInt8] = []
    while key.count < count {
      last = Array(Insecure.MD5.hash(data: last + Array(password.utf8) + iv.prefix(8)))
      key += last
    }
    return Array(key.prefix(count))
  }
}
