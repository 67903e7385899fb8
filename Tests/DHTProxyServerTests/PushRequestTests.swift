import DHTModel
import DHTProxyMessages
import Testing

@testable import DHTProxyServer

/// Where pushes go, read from what strangers send. (proxy.md §8.6)
@Suite struct PushRequestTests {
  @Test(
    "X-63: endpoints with and without a port",
    arguments: [
      ("https://up.example.org/a?b=1#f", "up.example.org", 443, "/a?b=1", "up.example.org"),
      ("http://UP.example.org:8080", "up.example.org", 8080, "/", "up.example.org:8080"),
      ("HTTP://h?x", "h", 80, "/?x", "h"),
      ("https://[2001:db8::1]:99/x", "2001:db8::1", 99, "/x", "[2001:db8::1]:99"),
    ])
  func endpoint(_ text: String, _ host: String, _ port: UInt16, _ target: String, _ header: String) throws {
    let endpoint = try #require(HTTPEndpoint(text))
    #expect(endpoint.host == host && endpoint.port == port && endpoint.target == target)
    #expect(endpoint.hostHeader == header)
    #expect(HTTPEndpoint(endpoint.url)?.target == target)
  }

  @Test(
    "No endpoint",
    arguments: [
      "", "up.example.org/x", "ftp://h/", "http://", "http:///x", "http://h:0/", "http://h:99999/", "http://h:x/",
      "http://u@h/", "http://u:p@h/", "http://h/a b", "http://h/\r\nX: y", "http://h\\@e/", "http://hé/",
      "http://[::1/",
      "http://[h]/", "http://a%2eb/",
    ])
  func noEndpoint(_ text: String) { #expect(HTTPEndpoint(text) == nil) }

  @Test("The gateway as the reference writes it, and by https")
  func gateway() {
    #expect(PushGateway("8090") == PushGateway(host: "localhost", port: 8090))
    #expect(PushGateway("push.example.org:8090") == PushGateway(host: "push.example.org", port: 8090))
    #expect(PushGateway("https://push.example.org") == PushGateway(host: "push.example.org", port: 443, usesTLS: true))
    #expect(PushGateway("http://[::1]:8090").map { "\($0)" } == "http://[::1]:8090")
    for text in ["", "0", "push.example.org", "h:1:2", "ftp://h:1", "http://h/x"] { #expect(PushGateway(text) == nil) }
  }

  @Test(
    "No push to this machine, its network, or an address that hides one",
    arguments: [
      "7f000001", "0a000001", "ac100001", "c0a80001", "a9fe0001", "64400001", "00000001", "e0000001", "ffffffff",
      "c0000201", "c6120001", "00000000000000000000000000000001", "00000000000000000000000000000000",
      "00000000000000000000ffff7f000001", "fe800000000000000000000000000001", "fc000000000000000000000000000001",
      "0064ff9b00000000000000007f000001", "20027f00000100000000000000000001", "20010000000000000000000000000001",
      "20010db8000000000000000000000001", "ff020000000000000000000000000001",
    ])
  func local(_ hex: String) { #expect(!address(hex).isPublic) }

  @Test(
    "Public addresses", arguments: ["08080808", "a9fd0001", "64800001", "2a0104f8000000000000000000000001", "c0010101"])
  func global(_ hex: String) { #expect(address(hex).isPublic) }

  private func address(_ hex: String) -> IPAddress {
    let digits = Array(hex)
    return IPAddress(
      bytes: stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! })!
  }

  @Test("X-63: UnifiedPush with TTL and Urgency, in the clear or encrypted; with keys that are none nothing is sent")
  func unifiedPush() throws {
    var notification = PushNotification(
      pongTo: PushContext(token: "http://up.example.org:8080/a?x=1", clientID: "c", platform: .unifiedPush))
    let plain = try #require(PushRequest(unifiedPush: notification, release: .v4))
    #expect(
      plain.headers.map { "\($0.name): \($0.value)" } == [
        "Accept: */*", "Content-Type: application/json", "Host: up.example.org:8080", "TTL: 86400", "Urgency: high",
        "User-Agent: RESTinio client",
      ])
    #expect(String(decoding: plain.body, as: UTF8.self) == #"{"pong":true,"to":"c"}"#)
    #expect(PushRequest(unifiedPush: notification, release: .v2)?.headers.count == 4)
    // The receiver's keys of RFC 8291 §5, without padding and for URLs.
    notification.topic =
      "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4|BTBZMqHH6r4Tts7J_aSIgg"
    let sealed = try #require(PushRequest(unifiedPush: notification, release: .v4))
    #expect(sealed.headers.contains { $0.name == "Content-Encoding" && $0.value == "aes128gcm" })
    #expect(sealed.headers.contains { $0.name == "Content-Type" && $0.value == "application/json" })
    #expect(sealed.body.count == 86 + plain.body.count + 1 + 16 && sealed.body[20] == 65)
    for topic in ["|", "a|b", "BCVx|BTBZMqHH6r4Tts7J_aSIgg", "x|y|z"] {
      notification.topic = topic
      #expect(PushRequest(unifiedPush: notification, release: .v4) == nil)
    }
  }
}
