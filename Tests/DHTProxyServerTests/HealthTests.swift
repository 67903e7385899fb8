import DHTModel
import DHTProxyMessages
import OpenDHT
import Testing

@testable import DHTProxyServer

private let start = Instant(nanoseconds: 0)
private func at(_ seconds: Double) -> Instant { start + .seconds(seconds) }
private let connected = NodeStatus(ipv4: .connected)
private let lost = NodeStatus(ipv4: .connecting)

@Suite struct HealthTests {
  @Test("issue 5: cut off is known within 10 s, operations then fail at once, and recover with the network")
  func cutOff() {
    var health = Health(HealthSettings(), now: at(0))
    #expect(health.readiness(now: at(1)) == .starting && health.refusal(now: at(1)) == nil)
    health.update(lost, now: at(2))
    #expect(health.readiness(now: at(9)) == .starting)
    health.update(connected, now: at(9))
    #expect(health.readiness(now: at(100)) == .ready)
    health.update(lost, now: at(100))
    health.update(NodeStatus(), now: at(103))
    #expect(health.readiness(now: at(104.9)) == .ready && health.refusal(now: at(104.9)) == nil)
    #expect(health.readiness(now: at(105)) == .cutOff(since: at(100)))
    #expect(health.refusal(now: at(105))?.answer.status == 503)
    health.update(NodeStatus(ipv6: .connected), now: at(200))
    #expect(health.readiness(now: at(200)) == .ready && health.refusal(now: at(200)) == nil)
  }

  @Test("a node that never connects is cut off when its grace is over")
  func neverConnected() {
    var health = Health(HealthSettings(), now: at(0))
    health.update(NodeStatus(), now: at(0))
    #expect(health.readiness(now: at(9.9)) == .starting)
    #expect(health.readiness(now: at(10)) == .cutOff(since: at(0)))
    #expect(health.refusal(now: at(10)) == nil, "it may be the first of its network")
    health.update(connected, now: at(11))
    #expect(health.readiness(now: at(11)) == .ready)
  }

  @Test("alive means that the node runs and answers")
  func liveness() {
    var health = Health(HealthSettings(), now: at(0))
    #expect(health.isAlive(now: at(29)) && !health.isAlive(now: at(30)))
    health.pulse(now: at(40))
    #expect(health.isAlive(now: at(69)))
    health.end()
    #expect(!health.isAlive(now: at(41)) && health.readiness(now: at(41)) == .stopped)
    #expect(health.refusal(now: at(42)) != nil)
    health.update(lost, now: at(50))
    #expect(health.isAlive(now: at(50)) && health.readiness(now: at(55)) == .cutOff(since: at(50)), "started again")
  }

  @Test("the answers say why, and more only to those who may look inside")
  func answers() {
    var health = Health(HealthSettings(), now: at(0))
    func text(_ answer: HealthAnswer) -> String { "\(answer.status) " + String(decoding: answer.body, as: UTF8.self) }
    #expect(text(.liveness(health, now: at(1))) == "200 {\"status\":\"ok\"}\n")
    #expect(
      text(.readiness(health, details: false, now: at(1)))
        == "503 {\"status\":\"unavailable\",\"reason\":\"starting\"}\n")
    #expect(
      text(.readiness(health, details: true, now: at(20)))
        == "503 {\"status\":\"unavailable\",\"reason\":\"cut off\",\"seconds\":20,\"ipv4\":\"disconnected\",\"ipv6\":\"disconnected\"}\n"
    )
    #expect(
      text(.liveness(health, now: at(40))) == "503 {\"status\":\"unavailable\",\"reason\":\"node does not answer\"}\n")
    health.update(connected, now: at(41))
    #expect(
      text(.readiness(health, details: true, now: at(42)))
        == "200 {\"status\":\"ok\",\"ipv4\":\"connected\",\"ipv6\":\"disconnected\"}\n")
  }
}
