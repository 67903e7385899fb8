import DHTText
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct FormatTests {
  @Test(
    "T-21: durations",
    arguments: [
      (0, "0 us"), (527, "0.527 us"), (527_000, "527 us"), (898_000, "898 us"), (70_200, "70.2 us"),
      (999_400, "999 us"),
      (999_500, "1 ms"), (2_150_000, "2.15 ms"), (11_400_000, "11.4 ms"), (999_600_000, "1 s"),
      (4_550_000_000, "4.55 s"),
      (59_000_000_000, "59 s"), (60_000_000_000, "1 min"), (90_000_000_000, "1.5 min"), (3_600_000_000_000, "1 h"),
      (360_000_000_000_000, "100 h"), (4_442_400_000_000_000, "1234 h"), (-2_150_000, "-2.15 ms"),
    ])
  func duration(nanoseconds: Int64, text: String) {
    #expect(durationText(.nanoseconds(nanoseconds)) == text)
  }

  @Test("T-21: relative times") func relative() {
    #expect(agoText(nil) == "never")
    #expect(agoText(.zero) == "now")
    #expect(agoText(.milliseconds(4550)) == "4.55 s ago")
    #expect(agoText(.seconds(-180)) == "in 3 min")
  }

  @Test(
    "T-21: byte counts",
    arguments: [
      (0, "0 B"), (15, "15 B"), (1023, "1023 B"), (1024, "1.00 KB (1024 bytes)"), (2123, "2.07 KB (2123 bytes)"),
      (1 << 20, "1.00 MB (1048576 bytes)"), (5 << 30, "5.00 GB (5368709120 bytes)"),
      (3 << 40, "3.00 TB (3298534883328 bytes)"),
      (5000 << 40, "5000.00 TB (5497558138880000 bytes)"),
    ])
  func bytes(count: Int, text: String) {
    #expect(byteCountText(count) == text)
  }

  private static let signature = Value.Signature(owner: [1], sequence: 0, signature: [2])
  private static let sealed = Value.Signature(
    owner: [1], sequence: 7, recipient: InfoHash(hashing: "x"), signature: [2])
  private static let service = hexBytes("c410020010e1c00002070000000000000000") ?? []

  @Test(
    "T-21: values",
    arguments: [
      (Value("hello", id: 0x992e_c4b0_ca3e_aa12), "Value[id:992ec4b0ca3eaa12 data(text/plain):\"hello\"]"),
      (Value([0xab, 0], id: 1), "Value[id:1 data:ab00]"),
      (Value([0xab, 0], userType: "x-y", id: 1), "Value[id:1 data(x-y):ab00]"),
      (Value([UInt8](repeating: 1, count: 1024), id: 1), "Value[id:1 data:1024 bytes]"),
      (Value([1], type: 8, id: 1), "Value[id:1 Certificate]"),
      (Value(service, type: 2, id: 1), "Value[id:1 Peer: port 4321 addr 192.0.2.7:4321]"),
      (Value([], type: 2, id: 0x3e1b_3eaa_a5b1_75f5), "Value[id:3e1b3eaaa5b175f5 ]"),
      (Value(id: 5, content: .encrypted([1, 2])), "Value[id:5 encrypted ]"),
      (
        Value(id: 5, content: .signed(Value("signed_value").body ?? .init(data: []), signature)),
        "Value[id:5 signed (v0) data(text/plain):\"signed_value\"]"
      ),
      (
        opened(Value(id: 5, content: .signed(Value("secret").body ?? .init(data: []), sealed))),
        "Value[id:5 signed (v7) decrypted data(text/plain):\"secret\"]"
      ),
    ])
  func value(value: Value, text: String) {
    #expect(String(decoding: valueText(value), as: UTF8.self) == text)
  }

  @Test("T-21: a text is shown byte for byte, but cannot steer a terminal") func steering() {
    let value = Value([0x1b, 0x5b, 0x32, 0x4a, 0xff, 0xc3, 0xa9, 0xc2, 0x9b], userType: "text/plain", id: 1)
    #expect(valueText(value) == Array("Value[id:1 data(text/plain):\"".utf8) + value.data + Array("\"]".utf8))
    #expect(
      String(decoding: valueText(value, forTerminal: true), as: UTF8.self)
        == "Value[id:1 data(text/plain):\"\\x1b[2J\\xffé\\xc2\\x9b\"]")
  }

  @Test("T-21: field records") func records() {
    let all = FieldRecord(
      id: 0x992e_c4b0_ca3e_aa12, valueType: 0, owner: .zero, sequence: 0, userTypeBytes: Array("text/plain".utf8))
    let owner = String(repeating: "0", count: 40)
    #expect(
      String(decoding: fieldRecordText(all), as: UTF8.self)
        == "Index[Id:992ec4b0ca3eaa12,ValueType:0,Owner:\(owner),Seq:0,UserType:text/plain]")
    let some = FieldRecord(id: 0x992e, sequence: 0, userTypeBytes: [])
    #expect(String(decoding: fieldRecordText(some), as: UTF8.self) == "Index[Id:992e,Seq:0,UserType:]")
  }

  @Test(
    "T-21: hostile announcements are no addresses",
    arguments: ["", "c4", "c410", "c41002", "c400", "c402ffff", "c404020010e1"])
  func badAnnouncement(hex: String) {
    #expect(ServiceAnnouncement(hexBytes(hex) ?? []) == nil)
  }
}

private func opened(_ value: Value) -> Value {
  var value = value
  value.wasEncrypted = true
  return value
}
