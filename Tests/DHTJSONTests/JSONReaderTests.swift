import DHTJSON
import Testing

/// What is read as JSON, and what is not.
@Suite struct JSONReaderTests {
  private func read(_ text: String) throws(JSONError) -> String {
    try JSON(reading: Array(text.utf8), within: JSONLimits(byteCount: 1000, depth: 4, valueCount: 20)).description
  }

  @Test(
    "what RFC 8259 allows, and what the network's proxies forgive",
    arguments: [
      (" null ", "null"), ("true", "true"), ("false", "false"), (#""""#, #""""#), ("-0.5e+10", "-0.5e+10"), ("0", "0"),
      (#"{"a":[1,{"b":null}],"c":"d"}"#, #"{"a":[1,{"b":null}],"c":"d"}"#), ("[]", "[]"), ("{}", "{}"),
      (#""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, #""\"\\/\u0008\u000c\n\r\té😀""#),
      ("\u{feff}1", "1"), ("/* c */ {\"a\" : 1 ,} // x\n trailing", #"{"a":1}"#), ("[1,]", "[1]"),
      ("// x\n/**/ /***/[ ]", "[]"),
      ("\"a\nb\"", #""a\nb""#), ("1 2", "1"), (#"{"a":1,"a":2}"#, #"{"a":1,"a":2}"#), ("01", "0"),
    ])
  func understood(text: String, written: String) throws {
    #expect(try read(text) == written)
  }

  @Test(
    "what is refused",
    arguments: [
      ("", .truncated), ("  ", .truncated), ("[", .truncated), ("{", .truncated), ("\"a", .truncated),
      ("tru", .truncated),
      ("-", .truncated), ("1.", .truncated), ("1e+", .truncated), ("/*", .truncated), ("\"\\", .truncated),
      ("[1", .truncated),
      (#""\u00"#, .truncated), ("[,]", .unexpectedByte(offset: 1)), ("{,}", .unexpectedByte(offset: 1)),
      ("[1 2]", .unexpectedByte(offset: 3)), ("{a:1}", .unexpectedByte(offset: 1)),
      (#"{"a" 1}"#, .unexpectedByte(offset: 5)),
      ("nul!", .unexpectedByte(offset: 3)), ("+1", .unexpectedByte(offset: 0)), ("1.x", .unexpectedByte(offset: 2)),
      ("/x", .unexpectedByte(offset: 0)), ("'a'", .unexpectedByte(offset: 0)), (#""\x""#, .badEscape(offset: 1)),
      (#""\ud800""#, .badEscape(offset: 1)), (#""\ud800\n""#, .badEscape(offset: 1)),
      (#""\ud800\ud800""#, .badEscape(offset: 1)),
      (#""\udc00""#, .badEscape(offset: 1)), (#""\u00g0""#, .badEscape(offset: 5)), ("[[[[[", .tooDeep(limit: 4)),
      ("[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0]", .tooManyValues(limit: 20)),
      (String(repeating: " ", count: 1001), .tooLong(limit: 1000)),
    ] as [(String, JSONError)])
  func refused(text: String, error: JSONError) {
    #expect(throws: error) { try read(text) }
    #expect(!error.description.contains("\n"))
  }

  @Test("the last member of a name counts") func members() throws {
    let json = try JSON(
      reading: Array(#"{"a":1,"a":"x"}"#.utf8), within: JSONLimits(byteCount: 99, depth: 4, valueCount: 9))
    #expect(json["a"]?.string == "x")
    #expect(json["b"] == nil && json["a"]?["b"] == nil)
  }

  @Test("Base64 comes back from every length", arguments: 0..<70)
  func base64(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
    let text = DHTJSON.base64(bytes)
    #expect(base64Bytes(text) == bytes)
    #expect(base64Bytes(text.replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")) == bytes)
  }
}
