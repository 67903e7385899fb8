import DHTModel
import DHTWire
import Testing

@Suite struct ExportTests {
  private let now = WallTime(seconds: 1_795_207_600)

  @Test("W§10.1: node lists of both releases, byte for byte", arguments: ["2.4.12", "4.4.2"])
  func nodes(_ release: String) throws {
    let vector = Vector.named("export.nodes.\(release)")
    let export = try ExportedNodes(decoding: vector.bytes.span.bytes)
    let items = try #require(vector.decoded["items"]?.array)
    #expect(export.nodes.map(\.id) == items.compactMap { $0["id"]?.hash })
    #expect(export.nodes.map(\.address.linuxBytes) == items.compactMap { $0["addr"]?.bytes })
    #expect(export.nodes.allSatisfy { $0.address.ip.isLoopback })
    #expect(export.encoded() == vector.bytes)
  }

  @Test("W§10.1: the native socket address, both families")
  func addresses() {
    let four = SocketAddress(ip: IPAddress(ipv4: 0xc000_0207), port: 4321)
    #expect(hexString(four.linuxBytes) == "020010e1c00002070000000000000000")
    let six = SocketAddress(ip: IPAddress(ipv6High: 0x2001_0db8 << 32, low: 7), port: 4321, scope: 0x0102_0304)
    #expect(hexString(six.linuxBytes) == "0a0010e10000000020010db800000000000000000000000704030201")
    for address in [four, six] { #expect(SocketAddress(linuxBytes: address.linuxBytes) == address) }
    for bad: [UInt8] in [
      [], [2], Array(four.linuxBytes.dropLast()), six.linuxBytes + [0], [10] + four.linuxBytes.dropFirst(),
      [0, 2] + four.linuxBytes.dropFirst(2), [30] + six.linuxBytes.dropFirst(),
    ] {
      #expect(SocketAddress(linuxBytes: bad) == nil)
    }
  }

  @Test("W§10.1: a bad node is left out alone")
  func badNode() throws {
    let good: Raw = ["addr": .bin(Known.peer.linuxBytes), "id": .bin(Known.key)]
    let list: Raw = [good, 5, ["id": .bin(Known.key)], ["id": .bin([1]), "addr": .bin([])], good]
    let export = try ExportedNodes(decoding: list.packed.span.bytes)
    #expect(export.nodes == [NodeContact](repeating: NodeContact(id: Known.key, address: Known.peer), count: 2))
  }

  @Test("W§10.2: values as 4.3 and later write them, byte for byte")
  func newValues() throws {
    let vector = Vector.named("export.values.4.4.2")
    let export = try ExportedValues(decoding: vector.bytes.span.bytes, now: now)
    #expect(export.entries.map(\.value.id) == [77, 136])
    #expect(export.entries[0].created == WallTime(nanoseconds: 1_795_207_493_547_700_236))
    #expect(export.entries[0].expiration == WallTime(nanoseconds: 1_795_207_793_547_700_236))
    #expect(export.entries[0].source?.description == "127.0.0.1:50673")
    #expect(export.entries[1].source == nil)
    #expect(export.entries[1].expiration == .permanent)
    #expect(export.encoded() == vector.bytes)
  }

  @Test("W§10.2: values as 2.4.12 writes them count as made now")
  func oldValues() throws {
    let vector = Vector.named("export.values.2.4.12")
    let export = try ExportedValues(decoding: vector.bytes.span.bytes, now: now)
    #expect(
      export.entries == [
        .init(value: Value(Array("remote".utf8), type: 3, id: 77), created: now),
        .init(value: Value(Array("local".utf8), id: 136), created: now),
      ])
  }

  @Test("W§10.2: the form between, and dates of the future")
  func middleValues() throws {
    let value = Raw.bytes(Value([1], id: 5).packed())
    let list: Raw = [[12345, value, .bin(Known.peer.linuxBytes), 99999], [12345], "bad", [.double(1), value]]
    let export = try ExportedValues(decoding: list.packed.span.bytes, now: now)
    #expect(export.entries == [.init(value: Value([1], id: 5), created: now, source: Known.peer)])
    let future = ExportedValues([.init(value: Value([1]), created: now + .seconds(500))])
    #expect(try ExportedValues(decoding: future.encoded().span.bytes, now: now).entries[0].created == now)
    let before = ExportedValues([.init(value: Value([1]), created: WallTime(nanoseconds: -1), expiration: now)])
    #expect(try ExportedValues(decoding: before.encoded().span.bytes, now: now) == before)
  }

  @Test("W§10.3: the state files of both releases; that of 4.4.2 byte for byte", arguments: ["2.4.12", "4.4.2"])
  func state(_ release: String) throws {
    let vector = Vector.named("state.\(release)")
    let state = try StateFile(decoding: vector.bytes.span.bytes, now: now)
    #expect(state.id == vector.decoded["id"]?.hash)
    #expect(state.nodes.nodes.count == vector.decoded["nodes"]?.array?.count)
    #expect(state.storages.map(\.key) == vector.decoded["values"]?.array?.compactMap { $0[0]?.hash })
    #expect(state.storages.allSatisfy { $0.values.entries.count == 2 })
    if release == "4.4.2" { #expect(state.encoded() == vector.bytes) }
    #expect(try StateFile(decoding: state.encoded().span.bytes, now: now).nodes == state.nodes)
  }

  @Test("W§10.3: prefixes and mutations of a state file never trap")
  func mutations() {
    let bytes = Vector.named("state.4.4.2").bytes
    for count in 0..<bytes.count {
      #expect((try? StateFile(decoding: Array(bytes[..<count]).span.bytes, now: now)) == nil)
    }
    var random = SplitMix(state: 5)
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0..<4 {
        changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if let state = try? StateFile(decoding: changed.span.bytes, now: now) { _ = state.encoded() }
    }
  }
}
