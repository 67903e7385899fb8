import DHTJSON
import Testing

/// JSON as text.
@Suite struct JSONWriterTests {
  @Test("JSON is one line, whatever the text holds") func escapes() {
    let text = "\"\\\n\r\t\0\u{1f}\u{7f}\u{9b}\u{2028}é😀"
    let line = JSON.object([("a\"", .string(text))]).description
    #expect(line == #"{"a\"":"\"\\\n\r\t\u0000\u001f\u007f\u009b\u2028é😀"}"#)
  }

  @Test("as proxies write it, everything beyond ASCII is an escape") func ascii() {
    var writer = JSONWriter(escaping: .notASCII)
    writer.array {
      $0.string("\"\\/\u{8}\u{c}\n\r\t\0\u{7f}é😀")
      $0.object { _ in }
      $0.object { object in
        object.member("a", true)
        object.member("b", UInt64.max)
        object.member("c") { $0.member("d", .null) }
      }
      $0.double(1.5)
    }
    #expect(
      String(decoding: writer.bytes, as: UTF8.self)
        == #"["\"\\/\b\f\n\r\t\u0000"# + "\u{7f}"
        + #"\u00e9\ud83d\ude00",{},{"a":true,"b":18446744073709551615,"c":{"d":null}},1.5]"#)
  }

  @Test(
    "Base64",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func base64Vectors(text: String, encoded: String) {
    #expect(base64(Array(text.utf8)) == encoded)
    #expect(base64([0xff, 0xef, 0xbe]) == "/+++")
  }
}
