public import DHTModel

/// The id of a public key: SHA-1 of its DER SubjectPublicKeyInfo. Filters on the owner of a value compare it. (wire.md §6.1)
///
///     configuration.ownerID = publicKeyID
public func publicKeyID(_ der: [UInt8]) -> InfoHash {
  InfoHash(hashing: der)
}
