import DHTJSON
import DHTText
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct JSONTests {
  @Test("JSON of every kind") func kinds() {
    let json = JSON.array([
      .null, .bool(true), .integer(-5), .seconds(.milliseconds(1500)), .seconds(.seconds(2)), .seconds(.nanoseconds(1)),
      .seconds(.zero), .object([]), .array([]),
    ])
    #expect(json.description == "[null,true,-5,1.5,2,0.000000001,0,{},[]]")
  }

  private func line(_ members: [(String, JSON)]) -> String { JSON.object(members).description }

  @Test("a value as an object") func value() {
    #expect(
      line(JSON.members(of: Value("hello", id: 0x12), from: .local))
        == #"{"id":"0000000000000012","type":0,"userType":"text/plain","data":"aGVsbG8=","text":"hello","origin":"local"}"#
    )
    #expect(
      line(JSON.members(of: Value([0xff], type: 3, id: .max)))
        == #"{"id":"ffffffffffffffff","type":3,"userType":"","data":"/w=="}"#)
    #expect(
      line(JSON.members(of: Value(id: 1, content: .encrypted([0xff]))))
        == #"{"id":"0000000000000001","encrypted":true,"data":"/w=="}"#)
  }

  @Test("a signed value names its owner, a decrypted one says so") func owned() throws {
    let alice = TestIdentity.alice
    let signed = try Value([0xff], id: 1).signed(by: alice, sequence: 3)
    let owner = #""signed":true,"sequence":3,"owner":"\#(alice.id)","ownerLong":"\#(alice.longID)""#
    #expect(
      line(JSON.members(of: signed)) == #"{"id":"0000000000000001","type":0,"userType":"","data":"/w==",\#(owner)}"#)
    var opened = try Value([0xff], id: 1).signed(by: alice, sequence: 3, recipient: alice.id)
    // Who names us as the recipient did not encrypt for that.
    #expect(line(JSON.members(of: opened)).hasSuffix(#",\#(owner)}"#))
    opened.wasEncrypted = true
    #expect(line(JSON.members(of: opened)).hasSuffix(#",\#(owner),"decrypted":true}"#))
  }

  @Test("a receipt as an object") func receipt() throws {
    let ip = try #require(ipAddress("::1"))
    let node = NodeContact(id: InfoHash(hashing: "n"), address: SocketAddress(ip: ip, port: 5))
    let receipt = PutReceipt(
      ending: .completed, valueID: 1, stored: [], failed: [PutFailure(node: node, reason: .refused(code: 401))])
    #expect(
      line(JSON.members(of: receipt, elapsed: .milliseconds(20), error: "no"))
        == #"{"ok":false,"id":"0000000000000001","stored":[],"failed":[{"node":"\#(node.id)","address":"[::1]:5","#
        + #""reason":"refused with 401"}],"verified":false,"elapsed":0.02,"error":"no"}"#)
    #expect(
      line(JSON.members(of: receipt, signer: .zero, elapsed: .zero)).hasSuffix(
        #""elapsed":0,"owner":"\#(InfoHash.zero)","sequence":0}"#))
  }
}
