internal import DHTCore
internal import DHTModel
internal import DHTSecurity
internal import DHTTransport
internal import NIOCore

// The certificate.
extension Session {
  /// How long after a put that could not even begin the next one is made.
  private static let publishingPause = TimeAmount.minutes(1)

  /// Connected for the first time: keeps the certificate under both ids of its key. (crypto.md §5.4)
  func publishCertificate() {
    guard !isPublished, configuration.publishesCertificate, let certificate = configuration.identity?.certificate else {
      return
    }
    isPublished = true
    let session = NIOLoopBound(self, eventLoop: loop)
    // A long chain takes a while to write; and the node is still telling of its status.
    WorkThreads.application.run { [loop] in
      let (value, keys) = (certificate.value, certificate.publicKey.certificateKeys)
      loop.execute {
        for key in keys { session.value.publish(value, at: key) }
      }
    }
  }

  private func publish(_ value: Value, at key: InfoHash) {
    guard case .running = state else { return }
    let publication = Publication { [weak self] receipt in self?.published(value, at: key, receipt) }
    begin(
      publication, isAwaited: false,
      .put(PutRequest(value: value, key: key, isPermanent: true, verify: true), until: nil))
  }

  // Once it has begun, the node goes on by itself: only what never began, and what others keep out, is for us.
  private func published(_ value: Value, at key: InfoHash, _ receipt: PutReceipt) {
    if receipt.isShutOut, value.id == Certificate.valueID {
      // Whoever is first under the usual id shuts us out. Finders look at the type alone: any id does.
      var other = value
      other.id = .random(in: (Certificate.valueID + 1) ... .max)
      log.notPublished(
        key, "another value stands in its place, or it is refused; it is put once more under a random id.")
      return publish(other, at: key, in: .zero)
    }
    guard !receipt.isStored else { return }
    switch receipt.ending {
    case .throttled:
      log.notPublished(key, "too many operations are running; it is tried again.")
      publish(value, at: key, in: Self.publishingPause)
    case .invalid: log.notPublished(key, DHTError.notStored(receipt).description)
    case .completed, .isolated, .timedOut, .cancelled, .replaced: break
    }
  }

  // In a later turn: the node is still telling of the last put.
  private func publish(_ value: Value, at key: InfoHash, in pause: TimeAmount) {
    let session = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: pause) { session.value.publish(value, at: key) }
  }
}
