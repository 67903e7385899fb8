internal import COpenDHT
internal import NIOConcurrencyHelpers
internal import OpenDHT

private typealias TrustBox = Held<NIOLockedValueBox<TrustList>>

func trustList(_ handle: OpaquePointer?) -> TrustList? {
  object(handle, as: TrustBox.self)?.content.withLockedValue { $0 }
}

@c @implementation
public func odht_trust_list_new() -> OpaquePointer! { newHandle(TrustBox(NIOLockedValueBox(TrustList()))) }

@c @implementation
public func odht_trust_list_delete(_ list: OpaquePointer!) { release(list, as: TrustBox.self) }

@c @implementation
public func odht_trust_list_add(_ list: OpaquePointer!, _ certificate: OpaquePointer!) {
  guard let certificate = CInterface.certificate(certificate) else { return }
  object(list, as: TrustBox.self)?.content.withLockedValue { $0.add(certificate) }
}

@c @implementation
public func odht_trust_list_remove(_ list: OpaquePointer!, _ certificate: OpaquePointer!) {
  guard let certificate = CInterface.certificate(certificate) else { return }
  object(list, as: TrustBox.self)?.content.withLockedValue { $0.remove(certificate) }
}

@c @implementation
public func odht_trust_list_verify(_ list: OpaquePointer!, _ certificate: OpaquePointer!) -> UInt32 {
  guard let certificate = CInterface.certificate(certificate) else { return VerificationResult.invalid.rawValue }
  return (trustList(list) ?? TrustList()).verify(certificate).rawValue
}
