import DHTModel
import DHTProxyMessages
import Testing

/// Bodies of requests and answers.
@Suite struct BodyTests {
  private func put(_ json: String) throws(MessageError) -> PutBody { try PutBody(reading: Array(json.utf8)) }
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test(
    "X-39: whatever `permanent` is, it makes a put permanent",
    arguments: ["true", "false", "null", "0", "[]", #""no""#])
  func permanent(value: String) throws {
    #expect(try put(#"{"permanent":\#(value)}"#).permanence == .unreminded)
    #expect(try put("{}").permanence == nil)
  }

  @Test("whom to remind of a permanent put; numbers and truth values are text")
  func reminding() throws {
    let body = try put(
      #"{"permanent":{"key":"t","client_id":7,"session_id":true,"platform":"ios","topic":null,"x":1}}"#)
    let context = PushContext(token: "t", clientID: "7", platform: .iOS, sessionID: "true")
    #expect(body.permanence == .reminding(context))
    #expect(try put(#"{"permanent":{}}"#).permanence == .reminding(PushContext(token: "")))
    #expect(
      text(body.bytes())
        == #"{"data":"","id":"0","permanent":{"client_id":"7","key":"t","platform":"ios","session_id":"true","topic":""},"type":0}"#
    )
    for member in ["key", "client_id", "session_id", "platform", "topic"] {
      #expect(throws: MessageError.wrongKind(member: member)) { try put(#"{"permanent":{"\#(member)":{}}}"#) }
    }
  }

  @Test("X-35 X-36 X-37: what is no put is refused with one line")
  func refused() {
    #expect(throws: MessageError.missingBody) { try put("") }
    #expect(throws: MessageError.notAnObject) { try put("[]") }
    #expect(throws: MessageError.notAnObject) { try put(#""x""#) }
    #expect(throws: MessageError.notJSON("unexpected byte at 1")) { try put("{bad") }
    #expect(text(ErrorAnswer(.missingBody).body) == #"{"err":"Missing parameters"}"#)
    #expect(text(ErrorAnswer(.notJSON("x")).body) == #"{"err:":"Incorrect JSON"}"#)
    #expect(text(ErrorAnswer(.wrongKind(member: "type")).body) == #"{"err":"The member 'type' is of the wrong kind"}"#)
  }

  @Test("X-38: a value of 65,536 bytes is taken, one of 65,537 is not")
  func size() throws {
    for count in [65_536, 65_537] {
      let body = PutBody(Value([UInt8](repeating: 120, count: count))).bytes()
      if count == 65_536 {
        #expect(try PutBody(reading: body).value.data.count == count)
        #expect(try SignBody(reading: body).value.data.count == count)
      } else {
        #expect(throws: MessageError.valueTooLarge(limit: 65_536)) { try PutBody(reading: body) }
        #expect(throws: MessageError.valueTooLarge(limit: 65_536)) { try SignBody(reading: body) }
        #expect(ErrorAnswer(.valueTooLarge(limit: 65_536)).status == 413)
      }
    }
  }

  @Test("a body, a token, a text and an owner have a bound")
  func bounds() {
    let long = String(repeating: "a", count: MessageLimits.bodyBytes)
    #expect(throws: MessageError.bodyTooLong(limit: MessageLimits.bodyBytes)) { try put(#"{"data":"\#(long)"}"#) }
    #expect(throws: MessageError.tooLong(member: "owner", limit: 8192)) {
      try put(#"{"owner":"\#(long.prefix(9000))"}"#)
    }
    func subscribe(_ member: String, _ count: Int) throws(MessageError) {
      _ = try SubscribeBody(reading: Array(#"{"key":"t","\#(member)":"\#(long.prefix(count))"}"#.utf8))
    }
    #expect(throws: Never.self) { try subscribe("key", 4096) }
    #expect(throws: MessageError.tooLong(member: "key", limit: 4096)) { try subscribe("key", 4097) }
    for member in ["client_id", "session_id", "platform", "topic"] {
      #expect(throws: Never.self) { try subscribe(member, 1024) }
      #expect(throws: MessageError.tooLong(member: member, limit: 1024)) { try subscribe(member, 1025) }
    }
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: MessageError.notJSON("nested deeper than 64")) { try put(#"{"x":\#(deep)"#) }
    let many = String(repeating: "0,", count: 100_000)
    #expect(throws: MessageError.notJSON("more than 4096 values")) { try put(#"{"x":[\#(many)"#) }
  }

  @Test("whom to encrypt for: 40 digits or 64")
  func encrypt() throws {
    func read(_ to: String) throws(MessageError) -> EncryptBody {
      try EncryptBody(reading: Array(#"{"to":\#(to)}"#.utf8))
    }
    let short = "5df5603d161ab5ddcd4cfca82cac99ce0ef269bd"
    let long = "c493183e519646039202f7b745c7da38ce49ddb1ae1e474fa7d4e3aadfdafdab"
    #expect(try read(#""\#(short)""#).recipient == .id(InfoHash(hex: short)!))
    #expect(try read(#""\#(short)00""#).recipient == .id(InfoHash(hex: short)!))
    #expect(try read(#""\#(long)""#).recipient == .longID(hexBytes(long)!))
    for to in [
      #""00""#, "7", "null", #""\#(String(repeating: "0", count: 40))""#, #""\#(String(repeating: "0", count: 64))""#,
    ] {
      #expect(throws: MessageError.noDestination) { try read(to) }
    }
    for body in [try read(#""\#(short)""#), try read(#""\#(long)""#)] {
      #expect(try EncryptBody(reading: body.bytes()) == body)
    }
    #expect(throws: MessageError.missingBody) { try EncryptBody(reading: []) }
  }

  @Test("a subscription, its renewal and its end")
  func subscriptions() throws {
    let context = PushContext(token: "t", clientID: "c", platform: .android, sessionID: "s")
    #expect(
      text(SubscribeBody(context, isRefresh: true).bytes())
        == #"{"client_id":"c","key":"t","platform":"android","refresh":true,"session_id":"s","topic":""} "#)
    #expect(try SubscribeBody(reading: SubscribeBody(context).bytes()) == SubscribeBody(context))
    #expect(try !SubscribeBody(reading: Array(#"{"key":"t","refresh":"true"}"#.utf8)).isRefresh)
    #expect(try SubscribeBody(reading: Array(#"{"key":12}"#.utf8)).context.token == "12")
    #expect(throws: MessageError.noToken) { try SubscribeBody(reading: Array(#"{"key":""}"#.utf8)) }
    #expect(throws: MessageError.notJSON("ends too early")) { try SubscribeBody(reading: []) }
    #expect(text(UnsubscribeBody(token: "t", clientID: "c").bytes()) == #"{"client_id":"c","key":"t"}"#)
    var random = SplitMix(state: 1)
    let session = PushContext.randomSessionID(using: &random)
    #expect(session.utf8.count == 8 && session != PushContext.randomSessionID(using: &random))
  }

  @Test(
    "X-18 X-19 X-20: what a path names",
    arguments: [
      ("0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33", true), ("0BEEC7B5EA3F0FDBC95D0DD47F3C5BC275DA8A33", true),
      ("0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33ffff", true), ("0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33/é", true),
      ("0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a3g", false), ("0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a3", false),
      ("0000000000000000000000000000000000000000", false), ("a%20b", false), ("foo", false),
    ])
  func keys(segment: String, isHash: Bool) {
    let hash = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
    #expect(KeySegment(segment.utf8) == (isHash ? .hash(hash) : .name(Array(segment.utf8))))
    #expect(KeySegment([]) == nil)
    #expect(KeySegment([0xff]) == .name([0xff]))
  }

  @Test("node information: what is deep enough is told, what is missing counts as 0")
  func information() throws {
    var node = NodeInformation(nodeID: InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!)
    node.ipv6 = .init(good: 9, dubious: 2, incoming: 1, table: .init(depth: 4, networkSize: 128))
    #expect(
      text(node.bytes())
        == #"{"ipv4":{"dubious":0,"good":0,"incoming":0},"ipv6":{"dubious":2,"good":9,"incoming":1,"network_size_estimation":128,"table_depth":4},"node_id":"0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33","ops":0}"#
        + "\n")
    #expect(try NodeInformation(reading: node.bytes()) == node)
    func read(_ json: String) throws(MessageError) -> NodeInformation { try NodeInformation(reading: Array(json.utf8)) }
    let odd = try read(
      #"{"node_id":"0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33","ipv4":{"good":"3","dubious":-1},"ipv6":7}"#)
    #expect(odd.ipv4.good == 3 && odd.ipv4.dubious == 0 && odd.ipv6 == .init())
    #expect(throws: MessageError.missing(member: "node_id")) { try read("{}") }
    #expect(throws: MessageError.missing(member: "node_id")) { try read(#"{"node_id":"foo"}"#) }
  }

  @Test(
    "a rate has 17 digits and always a point",
    arguments: [(0, "0.0"), (-0.0, "-0.0"), (0.1, "0.10000000000000001"), (1e22, "1e+22"), (3, "3.0"), (.nan, "0.0")]
      as [(Double, String)])
  func rate(rate: Double, digits: String) {
    let statistics = ServerStatistics(
      listens: 1, pushTokens: 2, permanentKeys: 3, permanentPuts: 4, requestRate: rate, node: nil, since330: nil)
    #expect(
      text(statistics.bytes())
        == #"{"listenCount":1,"pushListenersCount":2,"putCount":3,"requestRate":\#(digits),"totalPermanentPuts":4}"#
        + "\n")
  }
}
