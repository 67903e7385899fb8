import DHTModel
import DHTProxyMessages
import Testing

/// Lines of gets and listens, in whatever pieces they come. (proxy.md §7.5)
@Suite struct StreamTests {
  private func events(_ chunks: [String]) throws -> [ValueStream.Event] {
    var stream = ValueStream()
    var events: [ValueStream.Event] = []
    for chunk in chunks {
      try stream.append(chunk.utf8)
      while let event = stream.next() { events.append(event) }
    }
    if let event = stream.finish() { events.append(event) }
    return events
  }
  private let one = #"{"data":"YQ==","id":"1","type":0}"#
  private let value = Value(Array("a".utf8), id: 1)

  @Test("what clients of the network tolerate")
  func tolerated() throws {
    #expect(try events([one + "\n"]) == [.value(value)])
    #expect(try events([" ", " ", one + "\n"]) == [.value(value)], "heartbeats")
    #expect(try events([String(one.prefix(9)), String(one.dropFirst(9)) + "\r\n"]) == [.value(value)])
    #expect(try events([one + "\n{}\n\nnonsense\n" + one + "\n"]) == [.value(value), .value(value)])
    #expect(try events([#"{"event":"x"}"# + "\n"]).isEmpty)
    #expect(try events([one]) == [.value(value)], "the end of the stream ends the line")
    #expect(try events([#"{"data":"YQ==","expired":true,"id":"1","x":{}}"# + "\n"]) == [.expired(value)])
  }

  @Test("lines that cannot be read are counted")
  func malformed() throws {
    var stream = ValueStream()
    try stream.append("nonsense\n[]\n{\"id\":\"1\",\"type\":\"x\"}\n{}\n \n".utf8)
    #expect(stream.next() == nil)
    #expect(stream.malformedLines == 3)
  }

  @Test("a line without end is given up")
  func endless() throws {
    var stream = ValueStream()
    let chunk = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 16)
    for _ in 0..<16 { try stream.append(chunk) }
    #expect(throws: MessageError.bodyTooLong(limit: 1 << 20)) { try stream.append([97]) }
    // Many whole lines are no long line.
    var other = ValueStream()
    for _ in 0..<40 {
      try other.append(Array(repeating: one + "\n", count: 1000).joined().utf8)
      var count = 0
      while other.next() != nil { count += 1 }
      #expect(count == 1000)
    }
  }
}
