import OpenDHT
import Testing

@Suite struct InstantMessageTests {
  /// Written by a peer of 2.4.12.
  private static let packed = """
    86a2696407a36d7367a568656c6c6fa464617465ce6553f100a673746174757302\
    a86461746174797065aa746578742f706c61696ea96d657461646174617381a16ba176
    """

  @Test("W§11.2: a message of a peer is read, and written byte for byte") func vector() throws {
    let data = try #require(hexBytes(Self.packed))
    let message = try #require(InstantMessage(Value(data, type: 3)))
    #expect(
      message
        == InstantMessage(
          "hello", date: WallTime(seconds: 1_700_000_000), id: 7, status: .received, dataType: "text/plain",
          metadata: ["k": "v"]))
    #expect(message.value.data == data && message.value.type == InstantMessage.valueType)
  }

  @Test("W§11.2: missing keys keep their defaults, unknown ones are skipped") func tolerant() throws {
    // {"msg": "hi", "new": [1]}
    let data = try #require(hexBytes("82a36d7367a26869a36e65779101"))
    let message = try #require(InstantMessage(Value(data, type: 3)))
    #expect(message == InstantMessage("hi", date: WallTime(seconds: 0), id: 0))
  }

  @Test(
    "W§11.2: what is no message is none",
    arguments: [
      Value([], type: 3), Value([0xc4], type: 3), Value([0x81, 0xa3, 0x6d, 0x73, 0x67, 0x05], type: 3),
      Value([0x80], type: 0), Value(id: 1, content: .encrypted([0x80])),
    ])
  func others(value: Value) {
    #expect(InstantMessage(value) == nil)
  }

  @Test("a new message has an id, the date of now and nothing else") func fresh() {
    let message = InstantMessage("x")
    #expect(message.id != 0 && message.status == .none && message.dataType.isEmpty && message.metadata.isEmpty)
    #expect((WallTime.now - message.date) < .seconds(60))
    #expect(InstantMessage(message.value)?.text == "x")
  }
}
