import DHTModel
import DHTWire

/// Whatever decodes must encode, and what went through both once must come out the same again: datagrams, and the
/// other things that strangers write, read from the same bytes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDecoder(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  check(input) { try Message(decoding: $0.span.bytes).firstPacket }
  check(input) { try Value(unpacking: $0.span.bytes).packed() }
  check(input) { try Query(unpacking: $0.span.bytes).packed() }
  check(input) { try ExportedNodes(decoding: $0.span.bytes).encoded() }
  check(input) { try ExportedValues(decoding: $0.span.bytes, now: now).encoded() }
  check(input) { try StateFile(decoding: $0.span.bytes, now: now).encoded() }
  return 0
}

private let now = WallTime(seconds: 1_800_000_000)

private func check(_ input: [UInt8], _ recode: ([UInt8]) throws -> [UInt8]) {
  guard let once = try? recode(input) else { return }
  guard let twice = try? recode(once) else { preconditionFailure("what was encoded does not decode") }
  precondition(once == twice, "encoding is not canonical")
}

extension Message {
  fileprivate var firstPacket: [UInt8] {
    var arena = PacketArena()
    encode(into: &arena)
    return Array(arena.bytes[arena.range(of: 0)])
  }
}
