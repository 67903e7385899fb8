public import COpenDHT
internal import DHTText
internal import OpenDHT

#if canImport(Darwin)
  public import Darwin
#elseif canImport(Musl)
  public import Musl
#else
  public import Glibc
#endif

@c @implementation
public func odht_runner_get_statistics(
  _ runner: OpaquePointer!, _ statistics: UnsafeMutablePointer<odht_statistics>!
) -> Bool {
  guard let statistics else { return false }
  let found = CInterface.runner(runner)?.ask { dht -> odht_statistics in
    let (status, four, six) = (await dht.status, await dht.statistics(.ipv4), await dht.statistics(.ipv6))
    return odht_statistics(
      ipv4: odht_family_statistics(four, status.ipv4), ipv6: odht_family_statistics(six, status.ipv6),
      await dht.storageStatistics, operations: await dht.ongoingOperations, await dht.counters)
  }
  guard var found else { return false }
  // A caller compiled with an older header has less room.
  let room = Int(min(UInt(bitPattern: statistics.pointee.size), UInt(MemoryLayout<odht_statistics>.size)))
  guard room >= MemoryLayout<Int>.size else {
    fail("the size of the structure is not set")
    return false
  }
  found.size = room
  withUnsafeBytes(of: found) { bytes in
    UnsafeMutableRawBufferPointer(start: statistics, count: room).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[..<room]))
  }
  return true
}

extension odht_family_statistics {
  fileprivate init(_ family: FamilyStatistics, _ status: Status) {
    self.init()
    self.status =
      switch status {
      case .disconnected: Int32(ODHT_DISCONNECTED)
      case .connecting: Int32(ODHT_CONNECTING)
      case .connected: Int32(ODHT_CONNECTED)
      }
    good = UInt64(family.good)
    dubious = UInt64(family.dubious)
    cached = UInt64(family.cached)
    incoming = UInt64(family.incoming)
    table_depth = UInt64(family.tableDepth)
    searches = UInt64(family.searches)
    known_nodes = UInt64(family.knownNodes)
    network_size_estimate = UInt64(family.networkSizeEstimate)
  }
}

extension odht_statistics {
  fileprivate init(
    ipv4: odht_family_statistics, ipv6: odht_family_statistics, _ storage: StorageStatistics, operations: Int,
    _ counters: Counters
  ) {
    self.init()
    (self.ipv4, self.ipv6) = (ipv4, ipv6)
    storage_keys = UInt64(storage.keys)
    storage_values = UInt64(storage.values)
    storage_bytes = UInt64(storage.bytes)
    listeners = UInt64(storage.listeners)
    ongoing_operations = UInt64(operations)
    datagrams_sent = UInt64(counters.datagramsSent)
    datagrams_received = UInt64(counters.datagramsReceived)
    bytes_sent = UInt64(counters.bytesSent)
    bytes_received = UInt64(counters.bytesReceived)
    retransmissions = UInt64(counters.retransmissions)
    requests_expired = UInt64(counters.requestsExpired)
    malformed = UInt64(counters.malformed)
    rate_limited = UInt64(counters.rateLimited)
    values_refused = UInt64(counters.valuesRefused)
    bad_signatures = UInt64(counters.badSignatures)
    not_for_us = UInt64(counters.notForUs)
  }
}

@c @implementation
public func odht_runner_take_request_counts(_ runner: OpaquePointer!, _ counts: UnsafeMutablePointer<UInt64>!) {
  guard let counts else { return }
  let sent = CInterface.runner(runner)?.ask { dht in await dht.takeCounters().sent }
  let numbers = sent.map { [$0.ping, $0.find, $0.get, $0.listen, $0.put] } ?? [0, 0, 0, 0, 0]
  for (place, number) in numbers.enumerated() { counts[place] = UInt64(number) }
}

@c @implementation
public func odht_runner_print_storage(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!
) -> UnsafeMutablePointer<CChar>! {
  let key = key?.pointee.hash
  let found = CInterface.runner(runner)?.ask { dht in (await dht.storage(at: key), await dht.storageStatistics) }
  return allocated(found.map { StorageReport($0, $1, at: key).text } ?? "")
}

@c @implementation
public func odht_runner_print_routing_table(
  _ runner: OpaquePointer!, _ family: sa_family_t
) -> UnsafeMutablePointer<CChar>! {
  let tables = CInterface.runner(runner)?.ask { dht in
    var tables: [(name: String, buckets: [BucketDescription])] = []
    for (name, one) in families(family) { tables.append((name, await dht.routingTable(one))) }
    return tables
  }
  return allocated(tables.map { RoutingReport($0).text } ?? "")
}

@c @implementation
public func odht_runner_print_searches(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ family: sa_family_t
) -> UnsafeMutablePointer<CChar>! {
  let key = key?.pointee.hash
  let wanted = families(family).map(\.family)
  let searches = CInterface.runner(runner)?.ask { dht in await dht.searches(at: key) }
  // As for a terminal: a value may hold zeros, which would end the text.
  return allocated(
    searches.map { SearchReport($0.filter { wanted.contains($0.family) }).text(forTerminal: true) } ?? [])
}

/// The families that C's number names; both for AF_UNSPEC.
private func families(_ number: sa_family_t) -> [(name: String, family: AddressFamily)] {
  switch Int32(number) {
  case AF_INET: [("IPv4", .ipv4)]
  case AF_INET6: [("IPv6", .ipv6)]
  default: [("IPv4", .ipv4), ("IPv6", .ipv6)]
  }
}
