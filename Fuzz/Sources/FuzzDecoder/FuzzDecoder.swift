import DHTWire

/// Whatever decodes must encode, and a message that went through both once must come out the same again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDecoder(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let once = decodedAndEncoded(input.bytes) else { return 0 }
  guard let twice = once.withUnsafeBytes({ decodedAndEncoded($0.bytes) }) else {
    preconditionFailure("what was encoded does not decode")
  }
  precondition(once == twice, "encoding is not canonical")
  return 0
}

/// The first packet of the encoded message; nil when the bytes are no message.
private func decodedAndEncoded(_ bytes: RawSpan) -> [UInt8]? {
  guard let message = try? Message(decoding: bytes) else { return nil }
  var arena = PacketArena()
  message.encode(into: &arena)
  return arena.count == 0 ? [] : Array(arena.bytes[arena.range(of: 0)])
}
