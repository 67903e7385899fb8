import DHTModel
import DHTProxyMessages
import Testing

/// Pushes, as servers send and clients read them. (proxy.md §8)
@Suite struct PushTests {
  private let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
  private func context(_ platform: PushPlatform, topic: String = "") -> PushContext {
    PushContext(token: "t", clientID: "c", platform: platform, sessionID: "s", topic: topic)
  }
  private func value(_ id: UInt64, priority: UInt64 = 0, pushType: String = "") -> Value {
    Value(id: id, content: .plain(.init(data: [])), priority: priority, pushTypeBytes: Array(pushType.utf8))
  }
  private func push(_ values: [Value], expired: Bool = false) -> PushNotification {
    PushNotification(of: values, areExpired: expired, at: key, to: context(.android), time: 7)
  }

  @Test("X-57: urgent is a value that came with priority 0, and a test")
  func priority() {
    #expect(push([value(1)]).isUrgent)
    #expect(push([value(1, priority: 2), value(2)]).isUrgent)
    #expect(!push([value(1, priority: 1)]).isUrgent)
    #expect(!push([value(1)], expired: true).isUrgent)
    #expect(!PushNotification(timeoutAt: key, to: context(.android)).isUrgent)
    #expect(PushNotification(pongTo: context(.android)).isUrgent)
    #expect(push([value(1)]).urgency == "high" && push([value(1, priority: 1)]).urgency == "normal")
  }

  @Test("X-58: all ids and push types are told, and what is gone only if it is one")
  func data() {
    func text(_ push: PushNotification, _ release: PeerRelease = .v4) -> String {
      String(decoding: push.data.bytes(for: release), as: UTF8.self)
    }
    #expect(
      text(push([value(1, pushType: "call"), value(.max)]))
        == #"{"ids":"1,18446744073709551615","key":"\#(key)","pt":"call,","s":"s","t":7,"to":"c"}"#)
    #expect(
      text(push([value(1)], expired: true)) == #"{"exp":"1","ids":"1","key":"\#(key)","pt":"","s":"s","t":7,"to":"c"}"#)
    #expect(
      text(push([value(1), value(2)], expired: true))
        == #"{"ids":"1,2","key":"\#(key)","pt":",","s":"s","t":7,"to":"c"}"#)
    #expect(text(push([value(1)], expired: true), .v2) == #"{"exp":"1","key":"\#(key)","s":"s","t":7,"to":"c"}"#)
    #expect(
      text(PushNotification(timeoutAt: key, valueID: 9, to: context(.iOS)))
        == #"{"s":"s","timeout":"\#(key)","to":"c","vid":"9"}"#)
    #expect(text(PushNotification(pongTo: context(.iOS))) == #"{"pong":true,"to":"c"}"#)
  }

  @Test("X-55 X-56: notifications for the gateway")
  func gateway() {
    func text(_ push: PushNotification, _ release: PeerRelease = .v4) -> String {
      String(decoding: push.gatewayBody(now: 100, for: release), as: UTF8.self)
    }
    #expect(
      text(PushNotification(pongTo: context(.android)))
        == #"{"notifications":[{"android":{"priority":"high","ttl":"86400s"},"data":{"pong":true,"to":"c"},"platform":2,"tokens":["t"]}]}"#
    )
    #expect(
      text(PushNotification(pongTo: context(.iOS, topic: "org.x")))
        == #"{"notifications":[{"alert":{"title":"hello"},"data":{"pong":true,"to":"c"},"expiration":86500,"mutable_content":true,"platform":1,"priority":"high","push_type":"alert","tokens":["t"],"topic":"org.x"}]}"#
    )
    let timeout = PushNotification(timeoutAt: key, to: context(.none))
    #expect(
      text(timeout, .v2)
        == #"{"notifications":[{"content_available":true,"data":{"s":"s","timeout":"\#(key)","to":"c"},"expiration":86500,"platform":1,"priority":"normal","push_type":"background","tokens":["t"]}]}"#
    )
    #expect(text(timeout).contains(#""priority":"high","push_type":"alert""#))
  }

  @Test("X-79: what a client makes of the data of a push")
  func received() throws {
    func read(_ fields: [String: String]) throws(MessageError) -> PushData.Subject {
      try PushData(fields: fields).subject
    }
    let hex = "\(key)"
    #expect(try read(["timeout": hex, "key": hex]) == .timeout(key: key, valueID: nil))
    #expect(try read(["timeout": hex, "vid": "7"]) == .timeout(key: key, valueID: 7))
    #expect(try read(["key": hex]) == .values(PushedValues(key: key, time: 0)))
    #expect(
      try read(["key": hex, "t": "5", "exp": "1,2", "ids": "1,x,2", "pt": ","])
        == .values(PushedValues(key: key, time: 5, ids: [1, 2], pushTypes: ["", ""], expired: [1, 2])))
    #expect(try read(["pong": "true"]) == .pong)
    #expect(try read([:]) == .unknown)
    #expect(try PushData(fields: ["to": "c", "s": "s"]) == PushData(.unknown, clientID: "c", sessionID: "s"))
    #expect(throws: MessageError.outOfRange(member: "exp")) { try read(["key": hex, "exp": "1,x"]) }
    #expect(throws: MessageError.outOfRange(member: "vid")) { try read(["timeout": hex, "vid": "x"]) }
    #expect(throws: MessageError.wrongKind(member: "key")) { try read(["key": "x"]) }
  }
}
