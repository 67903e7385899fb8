@testable import DHTTransport
import CDatagrams
import DHTCore
import DHTModel
import Testing
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

struct DatagramSenderTests {
  private typealias Address = DHTModel.SocketAddress
  private let nowhere = Address(ip: PlainSocket.loopback(.ipv4), port: 9)

  /// A system of the test's own.
  private final class System {
    /// What it says to each datagram in turn: taken, or an error. Beyond these, all are taken.
    var answers: [Int32?] = []
    var taken: [[UInt8]] = []
    var calls = 0

    /// As sendmmsg(2): up to the first that is refused.
    func transmit(_ datagrams: UnsafeBufferPointer<CDatagram>, _ descriptor: Int32) -> Int {
      calls += 1
      for (index, datagram) in datagrams.enumerated() {
        if let error = answers.first ?? nil {
          // Told only when it stands first, and then it is asked for again.
          guard index == 0 else { return index }
          if error != EAGAIN { answers.removeFirst() }
          return -Int(error)
        }
        if !answers.isEmpty { answers.removeFirst() }
        taken.append(Array(UnsafeRawBufferPointer(start: datagram.bytes, count: datagram.count)))
      }
      return datagrams.count
    }
  }
  private final class Rig {
    let system = System()
    var sender: DatagramSender
    var counters = SocketCounters()
    var reported: [(Address, DatagramSender.Refusal)] = []

    init(room: Int = 1 << 20, _ family: AddressFamily = .ipv4) {
      let system = system
      sender = DatagramSender(family, maximumPendingBytes: room) { system.transmit($0, $1) }
    }
    func send(_ datagrams: [[UInt8]], to destinations: [Address]) {
      with(datagrams, destinations) { batch in
        sender.send(batch, through: -1, &counters) { reported.append(($0, $1)) }
      }
    }
    func flush() { sender.flush(through: -1, &counters) { reported.append(($0, $1)) } }
  }
  private func addresses(_ count: Int) -> [Address] {
    (0..<count).map { Address(ip: PlainSocket.loopback(.ipv4), port: UInt16(1 + $0)) }
  }

  @Test("a burst of 64 is one call, of 65 two; order and content stay") func batches() {
    for (count, calls) in [(1, 1), (2, 1), (64, 1), (65, 2), (200, 4)] {
      let rig = Rig()
      let datagrams = (0..<count).map { [UInt8](repeating: UInt8($0), count: $0) }
      rig.send(datagrams, to: addresses(count))
      #expect(rig.system.calls == calls && rig.system.taken == datagrams, "\(count)")
      #expect(rig.counters.sent == count && rig.counters.writes == calls)
    }
  }

  @Test("of a batch of both families each socket sends its own") func families() {
    let six = Address(ip: PlainSocket.loopback(.ipv6), port: 9)
    for (family, expected) in [(AddressFamily.ipv4, [[1], [3]]), (.ipv6, [[2], [4]])] as [(AddressFamily, [[UInt8]])] {
      let rig = Rig(family)
      rig.send([[1], [2], [3], [4]], to: [nowhere, six, nowhere, six])
      #expect(rig.system.taken == expected)
    }
  }

  @Test(
    "through the system, with one call for many and with one for each, all arrive", arguments: AddressFamily.allCases)
  func arrives(family: AddressFamily) throws {
    let (here, there) = (try PlainSocket(family), try PlainSocket(family))
    let datagrams = [[1, 2, 3], [], [UInt8](repeating: 7, count: 20_000)] + (0..<64).map { [UInt8($0)] } as [[UInt8]]
    for transmit in [DatagramSender.transmit, Self.oneByOne] {
      var sender = DatagramSender(family, maximumPendingBytes: 0, transmit: transmit)
      var counters = SocketCounters()
      with(datagrams, Array(repeating: there.address, count: datagrams.count)) { batch in
        sender.send(batch, through: here.socket.descriptor, &counters) { Issue.record("\($0): \($1)") }
      }
      for datagram in datagrams { #expect(there.receive() == datagram) }
      #expect(counters.sent == datagrams.count && counters.writes == 2)
    }
  }
  private static func oneByOne(_ datagrams: UnsafeBufferPointer<CDatagram>, _ descriptor: Int32) -> Int {
    Int(CDatagrams_send_each(descriptor, datagrams.baseAddress, Int32(datagrams.count)))
  }

  @Test("a full buffer keeps the datagrams, in order, up to the bound") func fullBuffer() {
    let rig = Rig(room: 10)
    rig.system.answers = [nil, EAGAIN]
    rig.send([[9, 9, 9], [0, 0, 0], [1, 1, 1], [2, 2, 2], [3, 3, 3]], to: addresses(5))
    #expect(rig.sender.isPending && rig.counters.droppedFull == 1 && rig.counters.sent == 1)
    rig.flush()
    #expect(rig.sender.isPending && rig.system.taken == [[9, 9, 9]])
    rig.system.answers = []
    // What comes now goes behind what waits.
    rig.send([[8]], to: addresses(1))
    rig.flush()
    #expect(rig.system.taken == [[9, 9, 9], [0, 0, 0], [1, 1, 1], [2, 2, 2], [8]])
    #expect(!rig.sender.isPending && rig.counters.sent == 5 && rig.reported.isEmpty)
    rig.send([[7]], to: addresses(1))
    #expect(rig.system.taken.last == [7])
  }

  @Test("what waits goes in batches, stops where the system does, and its room is free again") func flushing() {
    let rig = Rig(room: 300)
    rig.system.answers = [EAGAIN]
    rig.send((0..<300).map { [UInt8($0 % 251)] }, to: addresses(300))
    #expect(rig.counters.droppedFull == 0)
    rig.system.answers = Array(repeating: nil, count: 70) + [EAGAIN]
    rig.flush()
    #expect(rig.system.taken.count == 70 && rig.sender.isPending)
    rig.send((0..<71).map { _ in [252] }, to: addresses(71))
    #expect(rig.counters.droppedFull == 1, "70 places were free")
    rig.system.answers = []
    rig.flush()
    #expect(rig.system.taken == (0..<300).map { [UInt8($0 % 251)] } + Array(repeating: [252], count: 70))
  }

  @Test(
    "each refusal of the system has its meaning, is told alone, and the rest of the batch goes on",
    arguments: [
      (ENETUNREACH, .unreachable), (EHOSTUNREACH, .unreachable), (EAFNOSUPPORT, .unreachable), (EPERM, .unreachable),
      (EACCES, .unreachable), (EINVAL, .unreachable), (EPIPE, .socketDead), (ENOTCONN, .socketDead),
      (EMSGSIZE, .dropped),
    ] as [(Int32, DatagramSender.Refusal)])
  func refusals(error: Int32, meaning: DatagramSender.Refusal) {
    for place in [0, 1, 3] {
      let rig = Rig()
      rig.system.answers = Array(repeating: nil, count: place) + [error]
      rig.send([[0], [1], [2], [3]], to: addresses(4))
      #expect(rig.reported.map(\.0) == [addresses(4)[place]] && rig.reported.map(\.1) == [meaning])
      #expect(rig.system.taken.map { Int($0[0]) } == [0, 1, 2, 3].filter { $0 != place })
      #expect(!rig.sender.isPending && rig.counters.refused == 1 && rig.counters.sent == 3)
    }
  }

  @Test("a refusal while what waited is sent is reported, and the rest goes on") func refusedLater() {
    let rig = Rig()
    rig.system.answers = [EAGAIN]
    rig.send([[1], [2], [3]], to: addresses(3))
    #expect(rig.reported.isEmpty)
    rig.system.answers = [nil, ENETUNREACH]
    rig.flush()
    #expect(rig.reported.map(\.0) == [addresses(3)[1]] && rig.system.taken == [[1], [3]] && !rig.sender.isPending)
  }

  @Test("the system itself refuses broadcast, another family and overlong datagrams, amid a batch") func realRefusals()
    throws
  {
    let (here, there) = (try PlainSocket(.ipv4), try PlainSocket(.ipv4))
    var sender = DatagramSender(.ipv4, maximumPendingBytes: 10)
    var counters = SocketCounters()
    let broadcast = Address(ip: IPAddress(ipv4: 0xffff_ffff), port: 4222)
    let long = [UInt8](repeating: 0, count: 70_000)
    var reported: [(Address, DatagramSender.Refusal)] = []
    with([[1], [2], long, [3]], [there.address, broadcast, nowhere, there.address]) { batch in
      sender.send(batch, through: here.socket.descriptor, &counters) { reported.append(($0, $1)) }
    }
    #expect(reported.map(\.0) == [broadcast, nowhere] && reported.map(\.1) == [.unreachable, .dropped])
    #expect(there.receive() == [1] && there.receive() == [3])
    #expect(counters.refused == 2 && counters.sent == 2)
    // An IPv4 address through an IPv6 socket.
    let six = try PlainSocket(.ipv6)
    with([[1]], [nowhere]) { batch in
      sender.send(batch, through: six.socket.descriptor, &counters) { reported.append(($0, $1)) }
    }
    #expect(reported.count == 3 && reported.last?.1 == .unreachable)
  }
}

/// Makes a batch of datagrams.
func with(
  _ datagrams: [[UInt8]], _ destinations: [DHTModel.SocketAddress], _ body: (borrowing DatagramBatch) -> Void
) {
  let bytes = Array(datagrams.joined())
  var ends: [Int] = []
  for datagram in datagrams { ends.append((ends.last ?? 0) + datagram.count) }
  body(DatagramBatch(bytes: bytes.span.bytes, ends: ends.span, destinations: destinations.span))
}
