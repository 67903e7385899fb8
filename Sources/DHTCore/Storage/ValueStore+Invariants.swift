import DHTCollections
import DHTModel

extension ValueStore {
  /// What is wrong with the structure; nil when all is well. For tests, after each step.
  func brokenInvariant() -> String? {
    if let broken = accounts.brokenInvariant() ?? ranges.brokenInvariant() { return broken }
    if accounts.bytes != ranges.bytes || shares.values.reduce(0, +) != accounts.bytes { return "bytes of networks" }
    if index.count != values.count { return "\(values.count) values, \(index.count) in the index" }
    if expiries.count > 2 * values.count + 64 + 1 { return "stale expiries pile up" }
    if let limit = limits.storageBytes, accounts.bytes > limit { return "over the limit" }
    var sum = StorageStatistics()
    var charges: [IPAddress: Int] = [:]
    var localCharges = 0
    for (key, chain) in keys {
      var count = 0
      var broken: String?
      values.forEach(in: chain) { stored in
        count += 1
        broken = broken ?? Self.brokenInvariant(of: stored, under: key)
        if index[Location(key: key, id: stored.value.id)].map({ values[$0].value }) != stored.value {
          broken = "\(stored.value.id) is not where the index says"
        }
        sum.values += 1
        sum.bytes += stored.value.size
        if let source = stored.source {
          charges[source.address.ip.quotaPrefix, default: 0] += stored.charge
        } else {
          sum.localValues += 1
          sum.localBytes += stored.value.size
          localCharges += stored.charge
        }
      }
      if let broken { return broken }
      if count != chain.count { return "\(key) counts \(chain.count) values, has \(count)" }
    }
    if sum != counts { return "counts \(counts), should be \(sum)" }
    if localCharges != localCharge { return "local bytes" }
    if charges.count != accounts.count { return "accounts without values" }
    return charges.first { accounts.bytes(of: $0) != $1 }.map { "account of \($0.key)" }
  }

  private static func brokenInvariant(of stored: StoredValue, under key: InfoHash) -> String? {
    let id = stored.value.id
    if stored.key != key || id == 0 { return "\(id) stands under the wrong key" }
    if (stored.expires == nil) != (stored.expiryTicket == 0) { return "\(id) has no expiry to come" }
    if (stored.source == nil) != (stored.quotaTicket == 0) { return "\(id) has no entry in its account" }
    if stored.source != nil && stored.expires == nil { return "\(id) of others stays for ever" }
    return nil
  }
}
