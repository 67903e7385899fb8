public import COpenDHT
internal import NIOConcurrencyHelpers
internal import OpenDHT

/// A certificate of C's, which a revocation changes.
final class CertificateBox: Sendable {
  private let box: NIOLockedValueBox<Certificate>
  init(_ certificate: Certificate) { box = NIOLockedValueBox(certificate) }
  var certificate: Certificate {
    get { box.withLockedValue { $0 } }
    set { box.withLockedValue { $0 = newValue } }
  }
}

func certificate(_ handle: OpaquePointer?) -> Certificate? { object(handle, as: CertificateBox.self)?.certificate }

extension dht_identity {
  init(_ identity: Identity?) {
    self.init()
    guard let identity else { return }
    privatekey = newHandle(Held(identity.privateKey))
    certificate = newHandle(CertificateBox(identity.certificate))
  }

  /// The identity; nil when both members are NULL. Throws when one is, or when they do not belong together.
  func identity() throws(SecurityError) -> Identity? {
    guard privatekey != nil || certificate != nil else { return nil }
    guard let key = held(privatekey, PrivateKey.self), let box = object(certificate, as: CertificateBox.self) else {
      throw .keyMismatch
    }
    return try Identity(certificate: box.certificate, privateKey: key)
  }
}

@c @implementation
public func dht_certificate_import(_ data: UnsafePointer<UInt8>!, _ size: Int) -> OpaquePointer! {
  attempt { newHandle(CertificateBox(try Certificate(decoding: bytes(data, size)))) }
}

@c @implementation
public func dht_certificate_get_id(_ certificate: OpaquePointer!) -> dht_infohash {
  dht_infohash(CInterface.certificate(certificate)?.id ?? .zero)
}

@c @implementation
public func dht_certificate_get_long_id(_ certificate: OpaquePointer!) -> dht_pkid {
  CInterface.certificate(certificate).map { dht_pkid($0.longID) } ?? dht_pkid()
}

@c @implementation
public func dht_certificate_get_publickey(_ certificate: OpaquePointer!) -> OpaquePointer! {
  CInterface.certificate(certificate).map { newHandle(Held($0.publicKey)) }
}

@c @implementation
public func dht_certificate_delete(_ certificate: OpaquePointer!) { release(certificate, as: CertificateBox.self) }

@c @implementation
public func odht_certificate_ref(_ certificate: OpaquePointer!) -> OpaquePointer! {
  // One more of the same: a revocation is seen through both.
  object(certificate, as: CertificateBox.self).map { newHandle($0) }
}

@c @implementation
public func odht_certificate_generate(
  _ key: OpaquePointer!, _ name: UnsafePointer<CChar>!, _ issuer: UnsafePointer<dht_identity>!, _ isAuthority: Bool
) -> OpaquePointer! {
  guard let key = held(key, PrivateKey.self) else { return nil }
  return attempt {
    let issuer = try issuer?.pointee.identity()
    let name = text(name) ?? ""
    let certificate =
      if let issuer {
        try Certificate.issued(to: key.publicKey, name: name, isCA: isAuthority, by: issuer)
      } else {
        try Certificate.selfSigned(by: key, name: name, isCA: isAuthority)
      }
    return newHandle(CertificateBox(certificate))
  }
}

@c @implementation
public func odht_certificate_get_name(_ certificate: OpaquePointer!) -> UnsafeMutablePointer<CChar>! {
  allocated(CInterface.certificate(certificate)?.subjectName ?? "")
}

@c @implementation
public func odht_certificate_is_authority(_ certificate: OpaquePointer!) -> Bool {
  CInterface.certificate(certificate)?.isCA ?? false
}

@c @implementation
public func odht_certificate_print(_ certificate: OpaquePointer!, _ chain: Bool) -> UnsafeMutablePointer<CChar>! {
  let whole = CInterface.certificate(certificate)
  return allocated((chain ? whole : whole?.withoutIssuers)?.pemRepresentation ?? "")
}

@c @implementation
public func odht_certificate_export(_ certificate: OpaquePointer!) -> OpaquePointer! {
  CInterface.certificate(certificate).map { OpaquePointer(blob: $0.derRepresentation) }
}

@c @implementation
public func odht_certificate_get_issuer(_ certificate: OpaquePointer!) -> OpaquePointer! {
  CInterface.certificate(certificate)?.issuer.map { newHandle(CertificateBox($0)) }
}

@c @implementation
public func odht_certificate_revoke(
  _ authority: OpaquePointer!, _ key: OpaquePointer!, _ revoked: OpaquePointer!
) -> Bool {
  guard let box = object(authority, as: CertificateBox.self), let key = held(key, PrivateKey.self),
    let revoked = certificate(revoked)
  else {
    fail("a certificate or the key is missing")
    return false
  }
  return succeeds {
    var identity = try Identity(certificate: box.certificate, privateKey: key)
    try identity.revoke(revoked)
    box.certificate = identity.certificate
  }
}

@c @implementation
public func dht_identity_generate(_ name: UnsafePointer<CChar>!, _ ca: UnsafePointer<dht_identity>!) -> dht_identity {
  generate(name, ca, bits: 4096, isAuthority: nil)
}

@c @implementation
public func odht_identity_generate(
  _ name: UnsafePointer<CChar>!, _ ca: UnsafePointer<dht_identity>!, _ bits: UInt32, _ isAuthority: Bool
) -> dht_identity {
  generate(name, ca, bits: bits == 0 ? 4096 : Int(bits), isAuthority: isAuthority)
}

/// `isAuthority` nil: an identity that signs itself is one, as peers do it.
private func generate(
  _ name: UnsafePointer<CChar>?, _ ca: UnsafePointer<dht_identity>?, bits: Int, isAuthority: Bool?
) -> dht_identity {
  dht_identity(
    attempt {
      let authority = try ca.map { ca in
        guard let identity = try ca.pointee.identity() else { throw SecurityError.notAuthority }
        return identity
      }
      return try Identity.generate(
        name: text(name) ?? "dhtnode", bits: bits, authority: authority, isAuthority: isAuthority)
    })
}

@c @implementation
public func dht_identity_delete(_ identity: UnsafeMutablePointer<dht_identity>!) {
  guard let identity else { return }
  release(identity.pointee.privatekey, as: Held<PrivateKey>.self)
  release(identity.pointee.certificate, as: CertificateBox.self)
  identity.pointee = dht_identity()
}

@c @implementation
public func odht_identity_save(
  _ identity: UnsafePointer<dht_identity>!, _ path: UnsafePointer<CChar>!, _ password: UnsafePointer<CChar>!
) -> Bool {
  succeeds {
    guard let identity = try identity?.pointee.identity(), let path = text(path) else { throw DHTError.noIdentity }
    try identity.save(to: path, password: text(password))
  }
}

@c @implementation
public func odht_identity_load(_ path: UnsafePointer<CChar>!, _ password: UnsafePointer<CChar>!) -> dht_identity {
  dht_identity(attempt { try Identity.load(path: text(path) ?? "", password: text(password)) })
}
