internal import DHTModel
internal import DHTProxyMessages

extension PushNotification {
  /// One push in place of this and a later one about the same. It names the values of both; which of several are gone it
  /// does not say, so that the client looks at the key. (proxy.md §8.5)
  func merged(with later: PushNotification, idLimit: Int) -> PushNotification {
    guard case .values(let old) = data.subject, case .values(let new) = later.data.subject else { return later }
    var values = new
    values.ids = old.ids
    values.pushTypes = old.pushTypes
    for (id, type) in zip(new.ids, new.pushTypes) {
      if let index = values.ids.firstIndex(of: id) {
        values.pushTypes[index] = type
      } else if values.ids.count < idLimit {
        values.ids.append(id)
        values.pushTypes.append(type)
      }
    }
    let isOne = old.ids == new.ids && new.ids.count == 1
    values.expired = isOne ? new.expired : []
    var merged = later
    merged.data.subject = .values(values)
    merged.isUrgent = isOne ? later.isUrgent : isUrgent || later.isUrgent
    return merged
  }

  /// The same, sent at a time: milliseconds since 1970.
  func sent(at time: UInt64) -> PushNotification {
    guard case .values(var values) = data.subject else { return self }
    values.time = time
    var sent = self
    sent.data.subject = .values(values)
    return sent
  }
}
