import DHTModel
import DHTWire
import Testing

/// wire.md §7.2, row by row.
@Suite struct ReassemblerTests {
  private let source = Known.peer
  private let other = SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 4223)
  private let value = Value((0..<3000).map { UInt8(truncatingIfNeeded: $0) }, id: 77)

  private func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }
  private func reassembler() -> Reassembler { Reassembler(bytes: 1 << 22, perAddress: 8) }
  private func put(_ announced: [Int?], values: [Value] = [], transaction: TransactionID = 5) -> Message {
    Message(
      transaction: transaction,
      body: .request(
        sender: Known.sender,
        .put(
          .init(
            key: Known.key, values: ValueList(values, announced: announced, isPresent: true), token: Known.token))))
  }
  private func whole(_ message: Message, _ values: [Value]) -> Message {
    put([], values: values, transaction: message.transaction)
  }
  private func parts(of value: Value, index: Int = 0, size: Int = 1280) -> [Part] {
    let packed = value.packed()
    return stride(from: 0, to: packed.count, by: size).map {
      Part(pieces: [.init(index: index, offset: $0, bytes: Array(packed[$0..<min($0 + size, packed.count)]))])
    }
  }
  private func add(
    _ part: Part, to reassembler: inout Reassembler, transaction: TransactionID = 5, from: SocketAddress? = nil,
    at time: Int64 = 0, allowsEarly: Bool = false
  ) -> Reassembler.Added {
    reassembler.add(
      part, transaction: transaction, from: from ?? source, now: at(time), allowsEarly: allowsEarly)
  }

  @Test("W-14.5: parts complete a message in any order", arguments: [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]])
  func anyOrder(_ order: [Int]) {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    #expect(reassembler.open(message, from: source, now: at(0)) == .pending)
    let parts = parts(of: value)
    for index in order.dropLast() { #expect(add(parts[index], to: &reassembler) == .pending) }
    #expect(add(parts[order[2]], to: &reassembler) == .complete(whole(message, [value])))
    #expect(reassembler.count == 0)
    #expect(reassembler.byteCount == 0)
    #expect(reassembler.nextDeadline == nil)
  }

  @Test("W§7.2: any part length is fine, both in order and not", arguments: [1, 7, 600, 3000, 5000])
  func anyLength(_ size: Int) {
    for reversed in [false, true] where !(reversed && size == 1) {
      var reassembler = reassembler()
      let message = put([value.packedByteCount])
      _ = reassembler.open(message, from: source, now: at(0))
      let parts = parts(of: value, size: size)
      var last = Reassembler.Added.unknown
      for part in reversed ? parts.reversed() : parts { last = add(part, to: &reassembler) }
      #expect(last == .complete(whole(message, [value])))
    }
  }

  @Test("W§7.2: thousands of pieces out of order are not all kept, and the rest may come again")
  func outOfOrderLimit() {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    _ = reassembler.open(message, from: source, now: at(0))
    let parts = parts(of: value, size: 1)
    for part in parts.reversed() { _ = add(part, to: &reassembler) }
    var last = Reassembler.Added.unknown
    for part in parts where reassembler.count > 0 { last = add(part, to: &reassembler) }
    #expect(last == .complete(whole(message, [value])))
  }

  @Test("W§7.2: two senders with the same transaction, and one sender with two")
  func names() {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    let second = put([value.packedByteCount], transaction: 6)
    #expect(reassembler.open(message, from: source, now: at(0)) == .pending)
    #expect(reassembler.open(message, from: other, now: at(0)) == .pending)
    #expect(reassembler.open(second, from: source, now: at(0)) == .pending)
    #expect(reassembler.count == 3)
    let parts = parts(of: value)
    for part in parts.dropLast() {
      #expect(add(part, to: &reassembler) == .pending)
      #expect(add(part, to: &reassembler, from: other) == .pending)
      #expect(add(part, to: &reassembler, transaction: 6) == .pending)
    }
    #expect(add(parts[2], to: &reassembler, from: other) == .complete(whole(message, [value])))
    #expect(add(parts[2], to: &reassembler, transaction: 6) == .complete(whole(second, [value])))
    #expect(add(parts[2], to: &reassembler) == .complete(whole(message, [value])))
  }

  @Test("W§7.2: a part from another port, or without a reassembly, is unknown")
  func unknown() {
    var reassembler = reassembler()
    _ = reassembler.open(put([value.packedByteCount]), from: source, now: at(0))
    #expect(add(parts(of: value)[0], to: &reassembler, from: other) == .unknown)
    #expect(add(parts(of: value)[0], to: &reassembler, transaction: 6) == .unknown)
    #expect(reassembler.isOpen(transaction: 5, from: source))
    #expect(!reassembler.isOpen(transaction: 5, from: other))
  }

  @Test("W§7.2: parts before their message are kept when allowed")
  func early() {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    let parts = parts(of: value)
    #expect(add(parts[2], to: &reassembler, allowsEarly: true) == .early)
    #expect(add(parts[0], to: &reassembler) == .early)
    #expect(reassembler.isOpen(transaction: 5, from: source))
    #expect(reassembler.open(message, from: source, now: at(0)) == .pending)
    #expect(add(parts[1], to: &reassembler) == .complete(whole(message, [value])))
    for part in parts { _ = add(part, to: &reassembler, allowsEarly: true) }
    #expect(reassembler.open(message, from: source, now: at(0)) == .complete(whole(message, [value])))
    #expect(reassembler.byteCount == 0)
  }

  @Test("W§7.2: at most 98 early messages, and 122912 early bytes")
  func earlyLimits() {
    var reassembler = reassembler()
    let tiny = Part(pieces: [.init(index: 0, offset: 0, bytes: [1])])
    for _ in 0..<98 { #expect(add(tiny, to: &reassembler, allowsEarly: true) == .early) }
    #expect(add(tiny, to: &reassembler, allowsEarly: true) == .refused)
    #expect(reassembler.count == 0)
    let big = Part(pieces: [.init(index: 0, offset: 0, bytes: [UInt8](repeating: 1, count: 61456))])
    #expect(add(big, to: &reassembler, allowsEarly: true) == .early)
    #expect(add(big, to: &reassembler, allowsEarly: true) == .early)
    #expect(add(tiny, to: &reassembler, allowsEarly: true) == .refused)
    #expect(reassembler.count == 0)
    #expect(reassembler.byteCount == 0)
  }

  @Test("W§7.2: duplicates and overlaps are ignored, and cost nothing")
  func duplicates() {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    _ = reassembler.open(message, from: source, now: at(0))
    let parts = parts(of: value)
    _ = add(parts[0], to: &reassembler)
    _ = add(parts[2], to: &reassembler)
    let bytes = reassembler.byteCount
    let wrong = [UInt8](repeating: 0xee, count: 10)
    for offset in [0, 5, 1275, 2555, 2560, 2570] {
      let part = Part(pieces: [.init(index: 0, offset: offset, bytes: wrong)])
      #expect(add(part, to: &reassembler) == .pending, "offset \(offset)")
    }
    #expect(add(parts[0], to: &reassembler) == .pending)
    #expect(reassembler.byteCount == bytes)
    #expect(add(parts[1], to: &reassembler) == .complete(whole(message, [value])))
  }

  @Test("W§7.2: bytes beyond the announced size, and odd places, are ignored")
  func beyond() {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    _ = reassembler.open(message, from: source, now: at(0))
    let bytes = reassembler.byteCount
    for (index, offset, count) in [
      (0, value.packedByteCount, 1), (0, value.packedByteCount - 1, 2), (0, .max, 1), (0, .max - 3, 5), (1, 0, 1),
      (.max, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 5000),
    ] {
      let part = Part(pieces: [.init(index: index, offset: offset, bytes: [UInt8](repeating: 1, count: count))])
      #expect(add(part, to: &reassembler) == .pending)
    }
    #expect(reassembler.byteCount == bytes)
  }

  @Test("W§7.2: announced too large or zero never completes")
  func neverComplete() {
    for size in [value.packedByteCount + 1, 0] {
      var reassembler = reassembler()
      #expect(reassembler.open(put([size]), from: source, now: at(0)) == .pending)
      for part in parts(of: value) { #expect(add(part, to: &reassembler) == .pending) }
      #expect(reassembler.expire(now: at(3000)).map(\.missing) == [1])
    }
  }

  @Test("W§7.2: inline values come first, refused places stay empty, several indexes in one part")
  func mixed() throws {
    var reassembler = reassembler()
    let inline = Value([1], id: 1)
    let second = Value([UInt8](repeating: 2, count: 100), id: 2)
    let third = Value([UInt8](repeating: 3, count: 100), id: 3)
    let message = put([second.packedByteCount, nil, nil, third.packedByteCount], values: [inline])
    #expect(reassembler.open(message, from: source, now: at(0)) == .pending)
    let part = Part(pieces: [
      .init(index: 3, offset: 0, bytes: third.packed()), .init(index: 1, offset: 0, bytes: [1, 2, 3]),
      .init(index: 0, offset: 0, bytes: second.packed()),
    ])
    #expect(add(part, to: &reassembler) == .complete(whole(message, [inline, second, third])))
  }

  @Test("W§7.2: a second message of the same name is a duplicate, and parts go on")
  func secondMessage() {
    var reassembler = reassembler()
    let message = put([value.packedByteCount])
    _ = reassembler.open(message, from: source, now: at(0))
    let parts = parts(of: value)
    _ = add(parts[0], to: &reassembler)
    #expect(reassembler.open(put([10]), from: source, now: at(0)) == .duplicate)
    _ = add(parts[1], to: &reassembler)
    #expect(add(parts[2], to: &reassembler) == .complete(whole(message, [value])))
  }

  @Test("W§7.2: given up 3 s after the last useful part, and 10 s after the first packet")
  func deadlines() {
    var reassembler = reassembler()
    let long = Value([UInt8](repeating: 1, count: 9000), id: 1)
    let message = put([long.packedByteCount])
    _ = reassembler.open(message, from: source, now: at(0))
    #expect(reassembler.nextDeadline == at(3000))
    let parts = parts(of: long, size: 1000)
    #expect(add(parts[0], to: &reassembler, at: 2900) == .pending)
    #expect(reassembler.expire(now: at(3000)) == [])
    #expect(reassembler.nextDeadline == at(5900))
    // A duplicate is of no use.
    #expect(add(parts[0], to: &reassembler, at: 5800) == .pending)
    #expect(reassembler.expire(now: at(5899)) == [])
    let expired = reassembler.expire(now: at(5900))
    #expect(expired.map(\.missing) == [1])
    #expect(expired.map(\.source) == [source])
    #expect(expired.map(\.message) == [whole(message, [])])
    #expect(reassembler.byteCount == 0)

    _ = reassembler.open(message, from: source, now: at(0))
    for second in 1...7 { _ = add(parts[second - 1], to: &reassembler, at: Int64(second) * 1400) }
    #expect(reassembler.expire(now: at(9999)) == [])
    #expect(reassembler.nextDeadline == at(10000))
    #expect(reassembler.expire(now: at(10000)).count == 1)
    #expect(reassembler.nextDeadline == nil)
  }

  @Test("W§7.2: what expires keeps its complete values; early parts expire silently; the oldest comes first")
  func partial() {
    var reassembler = reassembler()
    let small = Value([UInt8](repeating: 2, count: 100), id: 2)
    let message = put([small.packedByteCount, 3000])
    for port: UInt16 in 1...20 {
      let source = SocketAddress(ip: IPAddress(ipv4: 0x0101_0100 + UInt32(port)), port: port)
      _ = reassembler.open(message, from: source, now: at(0))
      _ = reassembler.add(parts(of: small)[0], transaction: 5, from: source, now: at(0), allowsEarly: false)
    }
    _ = add(parts(of: value)[0], to: &reassembler, transaction: 99, allowsEarly: true)
    let expired = reassembler.expire(now: at(3000))
    #expect(expired.map(\.source.port) == Array(1...20))
    #expect(expired.allSatisfy { $0.message == whole(message, [small]) && $0.missing == 1 })
    #expect(reassembler.count == 0)
    #expect(reassembler.byteCount == 0)
  }

  @Test("W§7.2: what is no value is missing; a request left without any is dropped, a reply is not")
  func notAValue() {
    var reassembler = reassembler()
    let garbage = Part(pieces: [.init(index: 0, offset: 0, bytes: [0xc1, 1, 2])])
    _ = reassembler.open(put([3]), from: source, now: at(0))
    #expect(add(garbage, to: &reassembler) == .refused)
    #expect(reassembler.count == 0)
    let mixed = put([3], values: [value])
    _ = reassembler.open(mixed, from: source, now: at(0))
    #expect(add(garbage, to: &reassembler) == .complete(whole(mixed, [value])))
    let reply = Message(
      transaction: 5,
      body: .reply(
        sender: Known.sender, Reply(token: Known.token, values: ValueList(announced: [3]))))
    _ = reassembler.open(reply, from: source, now: at(0))
    let empty = Message(
      transaction: 5,
      body: .reply(
        sender: Known.sender, Reply(token: Known.token, values: ValueList(isPresent: true))))
    #expect(add(garbage, to: &reassembler) == .complete(empty))
    _ = add(garbage, to: &reassembler, allowsEarly: true)
    #expect(reassembler.open(put([3]), from: source, now: at(0)) == .refused)
    #expect(reassembler.byteCount == 0)
  }

  @Test("W§7.2: a message without sizes is complete as it is")
  func nothingAnnounced() {
    var reassembler = reassembler()
    let message = put([], values: [value])
    #expect(reassembler.open(message, from: source, now: at(0)) == .complete(message))
    #expect(reassembler.count == 0)
  }

  @Test("Memory follows the bytes that came, not those promised")
  func promises() {
    var reassembler = Reassembler(bytes: 1 << 21, perAddress: 100)
    for transaction in 1...100 as ClosedRange<TransactionID> {
      let message = put([Int](repeating: 65568, count: 20), transaction: transaction)
      #expect(reassembler.open(message, from: source, now: at(0)) == .pending)
    }
    #expect(reassembler.byteCount < 400_000)
  }

  @Test("W-8, W§7.2: half of the room is kept for what we asked for, whatever strangers send")
  func awaited() {
    var reassembler = Reassembler(bytes: 400_000, perAddress: 100)
    let part = Part(pieces: [.init(index: 0, offset: 0, bytes: [UInt8](repeating: 1, count: 60000))])
    for host in 1...20 as ClosedRange<UInt32> {
      let stranger = SocketAddress(ip: IPAddress(ipv4: host << 24), port: 1)
      _ = reassembler.open(put([65568]), from: stranger, now: at(0))
      _ = reassembler.add(part, transaction: 5, from: stranger, now: at(0), allowsEarly: false)
    }
    #expect(reassembler.byteCount <= 200_000)
    #expect(add(part, to: &reassembler, allowsEarly: true) == .refused)
    for transaction in 1...3 as ClosedRange<TransactionID> {
      let reply = Message(
        transaction: transaction,
        body: .reply(sender: Known.sender, Reply(token: Known.token, values: ValueList(announced: [65568]))))
      #expect(reassembler.open(reply, from: source, now: at(0), isAwaited: true) == .pending)
      let added = reassembler.add(
        part, transaction: transaction, from: source, now: at(0), allowsEarly: true, isAwaited: true)
      #expect(added == .pending)
    }
    #expect(reassembler.expire(now: at(3000)).count == 6)
    #expect(reassembler.byteCount == 0)
  }

  @Test("Thousands of reassemblies that end leave no trail of deadlines, and the rest expire in time")
  func staleDeadlines() {
    var reassembler = Reassembler(bytes: 1 << 22, perAddress: 8)
    _ = reassembler.open(put([3000], transaction: 9), from: source, now: at(0))
    let parts = parts(of: value)
    for round in 0..<2000 as Range<Int64> {
      _ = reassembler.open(put([value.packedByteCount]), from: source, now: at(round))
      for part in parts { _ = add(part, to: &reassembler, at: round) }
    }
    #expect(reassembler.count == 1 && reassembler.nextDeadline == at(3000))
    #expect(reassembler.expire(now: at(3000)).count == 1)
  }

  @Test("Limits: so many for one address, a quarter of the bytes for one stranger, half for all of them")
  func limits() {
    var reassembler = Reassembler(bytes: 400_000, perAddress: 3)
    for transaction in 1...3 as ClosedRange<TransactionID> {
      #expect(reassembler.open(put([65568], transaction: transaction), from: source, now: at(0)) == .pending)
    }
    #expect(reassembler.open(put([65568], transaction: 4), from: other, now: at(0)) == .refused)
    #expect(add(parts(of: value)[0], to: &reassembler, transaction: 9, allowsEarly: true) == .refused)
    func fill(_ transaction: TransactionID, from source: SocketAddress) -> Reassembler.Added {
      let bytes = [UInt8](repeating: 1, count: 60000)
      let part = Part(pieces: [.init(index: 0, offset: 0, bytes: bytes)])
      return reassembler.add(part, transaction: transaction, from: source, now: at(0), allowsEarly: false)
    }
    #expect(fill(1, from: source) == .pending)
    #expect(fill(2, from: source) == .refused)
    #expect(reassembler.count == 2)
    for host in 1...3 as ClosedRange<UInt32> {
      let far = SocketAddress(ip: IPAddress(ipv4: host << 24), port: 1)
      #expect(reassembler.open(put([65568]), from: far, now: at(0)) == .pending)
      #expect(fill(5, from: far) == (host < 3 ? .pending : .refused))
    }
    #expect(reassembler.byteCount <= reassembler.byteLimit)
    _ = reassembler.expire(now: at(3000))
    #expect(reassembler.count == 0)
    #expect(reassembler.byteCount == 0)
  }

  @Test("Random traffic keeps the books right", arguments: UInt64(1)...8)
  func randomTraffic(seed: UInt64) {
    var random = SplitMix(state: seed)
    var reassembler = Reassembler(bytes: 60_000, perAddress: 4)
    var now: Int64 = 0
    for _ in 0..<4000 {
      now += Int64.random(in: 0...50, using: &random)
      let source = SocketAddress(
        ip: IPAddress(ipv4: UInt32.random(in: 1...5, using: &random) << 24),
        port: UInt16.random(in: 1...2, using: &random))
      let transaction = TransactionID.random(in: 1...4, using: &random)
      switch Int.random(in: 0..<10, using: &random) {
      case 0...1:
        let sizes = (0..<Int.random(in: 1...3, using: &random)).map { _ in Int.random(in: 0...40, using: &random) }
        _ = reassembler.open(put(sizes, transaction: transaction), from: source, now: at(now))
      case 2: _ = reassembler.expire(now: at(now))
      default:
        let pieces = (0..<Int.random(in: 0...3, using: &random)).map { _ in
          Part.Piece(
            index: Int.random(in: 0...3, using: &random), offset: Int.random(in: 0...40, using: &random),
            bytes: [UInt8](repeating: 0xc0, count: Int.random(in: 0...20, using: &random)))
        }
        _ = reassembler.add(
          Part(pieces: pieces), transaction: transaction, from: source, now: at(now),
          allowsEarly: Bool.random(using: &random))
      }
      #expect(reassembler.byteCount <= reassembler.byteLimit)
      #expect((reassembler.count == 0) == (reassembler.byteCount == 0))
      #expect((reassembler.count == 0) == (reassembler.nextDeadline == nil))
    }
    _ = reassembler.expire(now: at(now + 10000))
    #expect(reassembler.count == 0)
    #expect(reassembler.byteCount == 0)
  }
}
