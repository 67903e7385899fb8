import OpenDHT

/// The README's example, word for word between the marks; `ReadmeTests` runs it and compares.
func readmeExample(bootstrap: Host, show: @Sendable @escaping (String) -> Void) async throws {
  // README begin
  let dht = DHT(DHT.Configuration(bootstrap: [bootstrap]))
  try await dht.start()
  try await dht.waitUntilConnected()

  let room = dht["room"]  // the key is the SHA-1 of the text
  try await room.put(Value("hello"))  // returns when the closest nodes have stored it

  for value in try await room.get().values {  // everything that is there
    show("\(value.userType): \(value.text ?? "?")")
  }
  for await change in room.listen() {  // leaving the loop cancels the listen
    guard case .added(let value) = change else { continue }
    show("added \(value.text ?? "?")")
    break
  }
  await dht.stop()
  // README end
}

func everyTypeIsReachable(dht: DHT, _ outcome: GetOutcome, _ receipt: PutReceipt) async -> [Any] {
  let contact = receipt.stored.first?.address.ip.isLoopback
  let statistics = await dht.statistics(.ipv4).networkSizeEstimate
  let table = await dht.routingTable(.ipv6).first?.nodes.first?.contact.id.commonBits(with: dht.nodeID)
  let counters = await dht.counters.sent.ping
  let filters: [Query.Filter] = [.userType("text/plain"), .id(3), .userType([1])]
  var configuration = DHT.Configuration(port: 0)
  configuration.node.isClient = true
  configuration.node.limits.listeners = 3
  configuration.sockets.receiveBufferBytes = 1
  return [contact as Any, statistics, table as Any, counters, filters, outcome.ending, configuration]
}
