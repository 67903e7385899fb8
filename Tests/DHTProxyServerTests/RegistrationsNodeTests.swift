import DHTModel
import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

/// Registrations of a real node, with another one beside it, on loopback.
@Suite struct RegistrationsNodeTests {
  private let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!

  private func node(_ bootstrap: [Host] = []) -> DHT {
    var configuration = DHT.Configuration(bootstrap: bootstrap, bindIPv4: IPAddress(ipv4: 0x7f00_0001))
    configuration.node.families = [.ipv4]
    return DHT(configuration)
  }

  @Test("X-39 X-41 X-45: a permanent put reaches the network and ends with its cancel; a put of others is pushed")
  func network() async throws {
    let gateway = StandInGateway()
    let port = try await gateway.start()
    let other = node()
    try await other.start()
    let own = node([Host(name: "127.0.0.1", port: await other.boundPorts.ipv4 ?? 0)])
    try await own.start()
    var configuration = Registrations.Configuration()
    configuration.push.gateway = PushGateway(host: "127.0.0.1", port: port)
    let registrations = Registrations(own, configuration)
    try await registrations.start()

    let context = PushContext(token: "t", clientID: "c", platform: .android, sessionID: "s", secret: "x")
    let put = PutBody(Value("a", id: 5), permanence: .reminding(context))
    #expect(try await registrations.put(put, at: key).id == 5)
    #expect(try await other.get(key).values.map(\.id) == [5])
    #expect(try await registrations.subscribe(SubscribeBody(context), at: key) == .new)
    #expect(await gateway.requests(1).first?.body.contains(#""ids":"5""#) == true)
    try await other.put(Value("b", id: 6), at: key)
    #expect(await gateway.requests(2).last?.body.contains(#""ids":"6""#) == true)
    try await registrations.cancelPut(5, at: key, secret: "x")
    #expect(await own.cancelPut(5, at: key) == false)
    try await registrations.unsubscribe(UnsubscribeBody(token: "t", clientID: "c", secret: "x"), at: key)
    try await other.put(Value("c", id: 7), at: key)
    #expect(await registrations.statistics.waitingPushes == 0)

    await registrations.stop()
    await own.stop()
    await other.stop()
    await gateway.stop()
    #expect(gateway.requests.count == 2)
  }
}
