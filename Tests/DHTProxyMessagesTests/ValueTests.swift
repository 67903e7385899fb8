import DHTModel
import DHTProxyMessages
import Testing

/// Values in JSON, and what readers forgive.
@Suite struct ValueTests {
  private func read(_ json: String) throws(MessageError) -> Value { try Value(jsonBody: Array(json.utf8)) }
  private func line(_ value: Value, _ release: PeerRelease = .v4) -> String {
    String(decoding: value.jsonLine(for: release), as: UTF8.self)
  }

  @Test(
    "X-21 X-22: an id is read as C reads a number; what is none is 0",
    arguments: [
      (#""42""#, 42), (#"43"#, 43), (#""18446744073709551615""#, .max), (#"18446744073709551615"#, .max),
      (#""abc""#, 0),
      (#""0xff""#, 0), (#""12abc""#, 12), (#"" \t\n-1""#, .max), (#""+7""#, 7), (#""-""#, 0), (#""""#, 0),
      (#""-0""#, 0),
      (#""18446744073709551616""#, 0), (#""-18446744073709551616""#, 0), (#"-1"#, 0), (#"1.5"#, 1), (#"-0.5"#, 0),
      (#"1e3"#, 1000), (#"1e30"#, 0), (#"1e999"#, 0), (#"true"#, 1), (#"false"#, 0), (#"null"#, 0), (#"[1]"#, 0),
      (#"{}"#, 0),
    ] as [(String, UInt64)])
  func id(text: String, id: UInt64) throws {
    #expect(try read(#"{"id":"# + text + "}").id == id)
  }

  @Test("X-23 X-24: everything may be missing, and data that is no string is as if it were")
  func missing() throws {
    #expect(try read("{}") == Value([]))
    #expect(try read(#"{"data":12,"cypher":[],"sig":{},"utype":5,"pt":null,"to":7,"owner":3}"#) == Value([]))
    #expect(line(Value([])) == #"{"data":"","id":"0","type":0}"# + "\n")
    #expect(try read(#"{"data":"YQ==","data":"Yg==","x":[{"data":"YQ=="}]}"#).data == [98], "the last counts")
  }

  @Test(
    "X-25: Base64 without padding, with white space, of either alphabet",
    arguments: [
      ("aGVsbG8=", "hello"), ("aGVsbG8", "hello"), (#"aGVs\nbG8= "#, "hello"), ("aGVs\nbG8", "hello"), ("", ""),
      ("YWI", "ab"), ("Pz8-", "??>"), ("Pz8_", "???"), ("Pz8+", "??>"), ("Pz8/", "???"),
    ])
  func base64(text: String, bytes: String) throws {
    #expect(try read(#"{"data":""# + text + #""}"#).data == Array(bytes.utf8))
  }

  @Test(
    "what no bytes are in Base64 is refused", arguments: ["a", "aGVsbG8==", "aGVs=bG8", "a*==", "====", "=", "YWI=é"])
  func notBase64(text: String) {
    for member in ["data", "cypher", "sig"] {
      #expect(throws: MessageError.badBase64(member: member)) { try read(#"{"\#(member)":"\#(text)"}"#) }
    }
  }

  @Test("X-31: a type is cut to 16 bit")
  func numbers() throws {
    #expect(try read(#"{"type":65539}"#).type == 3)
    #expect(try read(#"{"type":3.9}"#).type == 3)
    #expect(try read(#"{"type":true}"#).type == 1)
    #expect(try read(#"{"type":null}"#).type == 0)
    #expect(try read(#"{"prio":5.0}"#).priority == 5)
    #expect(try read(#"{"prio":4294967295}"#).priority == 4_294_967_295)
    #expect(try read(#"{"prio":"5"}"#).priority == 0)
    #expect(try read(#"{"prio":1.5}"#).priority == 0)
    for number in ["-1", "4294967296", "1e300", "-1e999"] {
      #expect(throws: MessageError.outOfRange(member: "type")) { try read(#"{"type":\#(number)}"#) }
      #expect(throws: MessageError.outOfRange(member: "prio")) { try read(#"{"prio":\#(number)}"#) }
    }
    #expect(throws: MessageError.wrongKind(member: "type")) { try read(#"{"type":"3"}"#) }
    #expect(throws: MessageError.wrongKind(member: "seq")) { try read(#"{"seq":[]}"#) }
  }

  @Test("X-26 X-27: an encrypted value shows its cypher, id, priority and push type")
  func encrypted() throws {
    var value = Value(id: 1, content: .encrypted([0, 1, 2]))
    #expect(line(value) == #"{"cypher":"AAEC","id":"1"}"# + "\n")
    value.priority = 1 << 40
    value.pushTypeBytes = Array("call".utf8)
    #expect(line(value) == #"{"cypher":"AAEC","id":"1","prio":4294967295,"pt":"call"}"# + "\n")
    #expect(line(value, .v2) == #"{"cypher":"AAEC","id":"1","prio":4294967295}"# + "\n")
    #expect(try read(#"{"cypher":"AAEC","data":"YQ==","type":3,"utype":"x"}"#).content == .encrypted([0, 1, 2]))
    #expect(try read(#"{"cypher":"","data":"YQ=="}"#).data == [97])
  }

  @Test("X-28: text beyond ASCII is written as escapes, and comes back")
  func text() throws {
    let userType = "h\u{e9}llo ✓ 😀 / \" \\ \u{1} \u{8}\u{c}\n\r\t \u{7f} \0"
    let written = line(Value([], userType: userType, id: 8))
    #expect(
      written == #"{"data":"","id":"8","type":0,"utype":"h\u00e9llo \u2713 \ud83d\ude00 / \" \\ \u0001 \b\f\n\r\t "#
        + "\u{7f} " + #"\u0000"}"# + "\n")
    #expect(try read(written).userType == userType)
    let broken = Array(#"{"utype":"a"#.utf8) + [0xff] + Array(#"b"}"#.utf8)
    #expect(try Value(jsonBody: broken).userType == "a\u{fffd}b")
  }

  // A key of P-256 in its shortest form; no value was ever signed with it.
  private let key: [UInt8] =
    hexBytes("3059301306072a8648ce3d020106082a8648ce3d030107034200")! + [UInt8](repeating: 4, count: 65)

  @Test("X-29: an owner is read with a zero byte after it, and with what else stands around the PEM")
  func owner() throws {
    let value = Value(
      id: 3, content: .signed(.init(type: 8, data: [1]), .init(owner: key, sequence: 5, recipient: nil, signature: [9]))
    )
    let v2 = line(value, .v2), v4 = line(value)
    #expect(v2.contains(#"-----END PUBLIC KEY-----\n\u0000","seq":5"#))
    #expect(v4.contains(#"-----END PUBLIC KEY-----\n","seq":5"#))
    for text in [
      v2, v4, v4.replacing(#"\n"#, with: #"\r\n"#), v4.replacing("-----BEGIN", with: #"a key\n\n-----BEGIN"#),
    ] {
      #expect(try read(text) == value)
    }
  }

  @Test("an owner without a signature, and a signature without an owner, are left out")
  func halfSigned() throws {
    let value = Value(id: 3, content: .signed(.init(data: [1]), .init(owner: key, sequence: 5, signature: [9])))
    let text = line(value)
    #expect(try read(text.replacing(#""sig":"CQ==","#, with: "")) == Value([1], id: 3))
    #expect(try read(#"{"id":"3","data":"AQ==","sig":"CQ==","seq":5}"#) == Value([1], id: 3))
  }

  @Test("a recipient is the first 40 digits")
  func recipient() throws {
    let hash = InfoHash(hex: "00000000000000000000000000000000000000ff")!
    let value = Value(
      id: 3, content: .signed(.init(data: [1]), .init(owner: key, sequence: 5, recipient: hash, signature: [9])))
    let text = line(value)
    #expect(text.contains(#""to":"00000000000000000000000000000000000000ff","type":0"#))
    #expect(try read(text.replacing("ff\",\"type", with: "FFxyz\",\"type")) == value)
    #expect(try read(text.replacing("ff\",\"type", with: "00\",\"type")).signature?.recipient == nil)
    #expect(try read(text.replacing("ff\",\"type", with: "f\",\"type")).signature?.recipient == nil)
  }

  @Test(
    "an owner that is no key is refused",
    arguments: [
      "x", "", "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----",
      "-----END PUBLIC KEY-----MAA=-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----*-----END PUBLIC KEY-----",
      "-----BEGIN PUBLIC KEY-----MIIC-----END PUBLIC KEY-----",
      "-----BEGIN PUBLIC KEY-----MAA=-----END PUBLIC KEY-----",
      "-----BEGIN PUBLIC KEY-----MP8B-----END PUBLIC KEY-----",
      "-----BEGIN PUBLIC KEY-----MA==-----END PUBLIC KEY-----",
    ])
  func badOwner(pem: String) {
    #expect(throws: MessageError.badOwner) { try read(#"{"owner":"\#(pem)"}"#) }
  }

  @Test("an expired value is the value, and a word")
  func expiry() throws {
    let value = Value(Array("soon gone".utf8), type: 5, id: 5)
    #expect(
      String(decoding: value.expiryLine(), as: UTF8.self)
        == #"{"data":"c29vbiBnb25l","expired":true,"id":"5","type":5}"# + "\n")
  }
}
