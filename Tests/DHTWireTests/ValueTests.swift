import DHTModel
import DHTWire
import Testing

@Suite struct ValueTests {
  private let signature = Value.Signature(
    owner: [UInt8](repeating: 0x30, count: 294), sequence: 300, recipient: Known.key,
    signature: [UInt8](repeating: 0x5a, count: 256))

  private var samples: [Value] {
    let body = Value.Body(type: 3, data: [1, 2], userTypeBytes: [0xff, 0x74])
    var plainSignature = signature
    plainSignature.recipient = nil
    return [
      Value([]), Value([1], id: .max), Value("hello", id: 4097), Value([UInt8](repeating: 1, count: 65530), id: 1),
      Value(id: 1, content: .plain(body), priority: 1), Value(id: 1, content: .plain(body), priority: 300),
      Value(id: 1, content: .plain(body), pushTypeBytes: Array("audioCall".utf8)),
      Value(id: 5, content: .signed(body, signature)), Value(id: 5, content: .signed(body, plainSignature)),
      Value(id: 6, content: .encrypted([UInt8](repeating: 9, count: 913)), priority: 7, pushTypeBytes: [0x61]),
    ]
  }

  @Test("W§5.1: packed and unpacked; the size is known without packing")
  func roundTrip() throws {
    for value in samples {
      let packed = value.packed()
      #expect(packed.count == value.packedByteCount)
      #expect(try Value(unpacking: packed.span.bytes) == value)
      #expect(try Value.Content(unpacking: value.content.packed().span.bytes) == value.content)
      #expect(value.content.packed().count == value.content.packedByteCount)
    }
  }

  @Test("W§5.1: the plain value of the page, byte for byte")
  func page() {
    let expected =
      "82a26964cd1001a364617481a4626f647983a47479706500a464617461c40568656c6c6fa57574797065aa746578742f706c61696e"
    #expect(hexString(Value("hello", id: 4097).packed()) == expected)
  }

  @Test("W§5.2: the signed bytes are the packed body, in order, whatever order it came in")
  func signedBytes() throws {
    let value = Value(id: 5, content: .signed(Value.Body(type: 3, data: [1]), signature))
    let body = Array(value.packed().dropFirst(1 + 4 + 4 + 1 + 5).dropLast(4 + 3 + 256))
    #expect(value.signedBytes == body)
    let shuffled: Raw = [
      "dat": [
        "sig": .bin(signature.signature),
        "body": [
          "data": [1], "to": .bin(Known.key), "x": .null, "type": 3, "owner": .bin(signature.owner), "seq": 300,
        ],
      ], "id": 5,
    ]
    let read = try Value(unpacking: shuffled.packed.span.bytes)
    #expect(read == value)
    #expect(read.signedBytes == body)
    #expect(Value([1]).signedBytes.first == 0x82)
    #expect(Value(id: 1, content: .encrypted([1])).signedBytes == [])
  }

  @Test("W§5.1: without an owner, seq, to and sig are ignored, whatever they are")
  func withoutOwner() throws {
    let raw: Raw = ["id": 5, "dat": ["body": ["type": 3, "data": .bin([1]), "seq": "x", "to": 5], "sig": .null]]
    #expect(try Value(unpacking: raw.packed.span.bytes) == Value([1], type: 3, id: 5))
  }

  @Test("W§5.1: with an owner, to and seq must be right")
  func withOwner() {
    func value(_ seq: Raw, _ to: Raw, _ owner: Raw) -> [UInt8] {
      let body: Raw = ["seq": seq, "owner": owner, "to": to, "type": 3, "data": .bin([1])]
      let raw: Raw = ["id": 5, "dat": ["body": body, "sig": .bin([1])]]
      return raw.packed
    }
    let good = value(1, .bin(Known.key), .bin([1]))
    #expect((try? Value(unpacking: good.span.bytes)) != nil)
    for bad in [
      value(65536, .bin(Known.key), .bin([1])), value(-1, .bin(Known.key), .bin([1])),
      value(1, .bin([1]), .bin([1])), value(1, .bin(Known.key), .bin([])), value(1, .bin(Known.key), 5),
    ] {
      #expect((try? Value(unpacking: bad.span.bytes)) == nil)
    }
  }

  @Test("W§5.1: data as bin, str or array of bytes")
  func dataForms() throws {
    for data: Raw in [.bin([1, 200]), .str([1, 200]), [1, 200]] {
      let raw: Raw = ["id": 5, "dat": ["body": ["type": 3, "data": data]]]
      #expect(try Value(unpacking: raw.packed.span.bytes).data == [1, 200])
    }
  }

  @Test("W§5.1: an empty bin as dat is a plain value without data")
  func emptyCypher() throws {
    let raw: Raw = ["id": 5, "dat": .bin([])]
    #expect(try Value(unpacking: raw.packed.span.bytes) == Value([], id: 5))
  }

  @Test("W§5.6: the largest value that fits its limit on the wire")
  func largest() {
    let value = Value([UInt8](repeating: 0, count: 65530), id: .max)
    #expect(value.packedByteCount <= WireLimits.packedValueBytes)
    let more = Value([UInt8](repeating: 0, count: 65531), id: .max)
    #expect(more.packedByteCount > WireLimits.packedValueBytes)
  }

  @Test("W§5: signed values of both releases: signed bytes lie in what was sent")
  func captured() throws {
    let vector = Vector.named("A242-B442.put-signed.part0")
    let part = try #require(try decode(vector.bytes).part)
    let packed = part.pieces[0].bytes
    let value = try Value(unpacking: packed.span.bytes)
    #expect(value.signature?.owner.count == 294)
    #expect(value.signature?.signature.count == 256)
    #expect(value.signedBytes == Array(packed[0x11..<0x163]))
  }
}
