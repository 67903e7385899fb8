import DHTText
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct InputTests {
  @Test("T-30: lines of a pipe, however they arrive") func lines() {
    var splitter = LineSplitter()
    #expect(splitter.take(Array("p foo".utf8)) == [])
    #expect(splitter.take(Array(" bar\r\n\ng f".utf8)) == ["p foo bar", ""])
    #expect(splitter.finish() == "g f")
    #expect(splitter.finish() == nil)
  }

  @Test("A line without end does not fill the memory") func longLine() {
    var splitter = LineSplitter()
    for _ in 0..<3 { _ = splitter.take([UInt8](repeating: 0x61, count: LineSplitter.maximumBytes)) }
    #expect(splitter.finish()?.utf8.count == LineSplitter.maximumBytes)
  }

  @Test("Addresses in text form") func addresses() {
    #expect(ipAddress("192.0.2.7") == IPAddress(ipv4: 0xc000_0207))
    #expect(ipAddress("::1") == IPAddress(ipv6High: 0, low: 1))
    for bad in ["", "1.2.3", "host", "::1%lo", "[::1]", "1.2.3.4:5"] { #expect(ipAddress(bad) == nil) }
  }
}
