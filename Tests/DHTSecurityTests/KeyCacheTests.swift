import DHTSecurity
import Testing

struct KeyCacheTests {
  private func certificate(_ name: String) throws -> Certificate {
    try Identity.generateAuthority(name: name, curve: .p256).certificate
  }

  @Test("C§5.5: keys and certificates are found by either id")
  func finding() throws {
    let cache = KeyCache(), known = try certificate("x"), key = try certificate("y").publicKey
    cache.insert(known)
    cache.insertSeen(key)
    #expect(cache.certificate(known.id) == known && cache.certificate(known.longID) == known)
    #expect(cache.key(known.id) == known.publicKey && cache.key(known.longID) == known.publicKey)
    #expect(cache.key(key.id) == key && cache.key(key.longID) == key)
    #expect(cache.certificate(key.id) == nil && cache.count == 2)
  }

  @Test("what strangers send pushes out neither what was looked up nor what was registered")
  func strangers() throws {
    let cache = KeyCache(capacity: 4), registered = try certificate("x"), lookedUp = try certificate("y")
    cache.register(registered)
    cache.insert(lookedUp)
    for _ in 0..<20 { cache.insertSeen(try PrivateKey.generateEC(curve: .p256).publicKey) }
    for _ in 0..<3 { cache.insert(try certificate("z")) }
    #expect(cache.certificate(registered.id) == registered && cache.certificate(lookedUp.longID) == lookedUp)
    for _ in 0..<3 { cache.insert(try certificate("z")) }
    #expect(cache.certificate(registered.id) == registered && cache.certificate(lookedUp.id) == nil)
    #expect(cache.key(lookedUp.id) == nil && cache.key(lookedUp.longID) == nil)
    #expect(cache.count == 1 + 4 + 4)
  }

  @Test("a certificate from the network does not replace the registered one of the same key")
  func registered() throws {
    let cache = KeyCache(), key = try PrivateKey.generateEC(curve: .p256)
    let mine = try Certificate.selfSigned(by: key, name: "mine", isCA: true)
    let other = try Certificate.selfSigned(by: key, name: "other", isCA: true)
    cache.register(mine)
    cache.insert(other)
    cache.insertSeen(key.publicKey)
    #expect(cache.certificate(key.publicKey.id) == mine && cache.certificate(key.publicKey.longID) == mine)
  }

  @Test("bytes are bounded, too, and an old certificate that is replaced no longer counts")
  func bytes() throws {
    let cache = KeyCache(capacity: 1_000_000), key = try PrivateKey.generateEC(curve: .p256)
    for index in 0..<50 { cache.insert(try Certificate.selfSigned(by: key, name: "edition \(index)", isCA: true)) }
    #expect(cache.count == 1 && cache.certificate(key.publicKey.id)?.subjectName == "edition 49")
  }
}
