internal import DHTModel
internal import DHTProxyMessages

/// What a change of the registrations asks for.
enum RegistrationEffect: Equatable, Sendable {
  /// Write down what has become of this put: there, other, or gone.
  case savePut(PermanentPut.ID)
  /// Write down what has become of this subscription.
  case saveSubscription(Subscription.ID)
  /// Stop announcing.
  case cancel(PermanentPut.ID)
  /// Begin to listen; nobody did.
  case listen(InfoHash)
  /// Nobody wants to hear of it any more.
  case unlisten(InfoHash)
  /// Send this.
  case push(PushNotification)
  /// What waits to be sent to this subscription is for another run of its client.
  case renewPushes(Subscription.ID)
  /// What waits to be sent to this subscription is for nobody.
  case dropPushes(Subscription.ID)
}
