@testable import DHTTransport
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

  @Test("a datagram arrives as it is, of each family", arguments: AddressFamily.allCases)
  func arrives(family: AddressFamily) throws {
    let (here, there) = (try PlainSocket(family), try PlainSocket(family))
    var sender = DatagramSender(maximumPendingBytes: 0)
    var counters = SocketCounters()
    for bytes in [[1, 2, 3], [], [UInt8](repeating: 7, count: 20_000)] as [[UInt8]] {
      #expect(sender.send(bytes.span.bytes, to: there.address, through: here.socket.descriptor, &counters) == .sent)
      #expect(there.receive() == bytes)
    }
    #expect(counters.sent == 3)
  }

  @Test("a full buffer keeps the datagrams, in order, up to the bound") func fullBuffer() throws {
    final class System { var isFull = true, taken: [[UInt8]] = [] }
    let system = System()
    var sender = DatagramSender(maximumPendingBytes: 10) { bytes, _, _ in
      if system.isFull { return EAGAIN }
      system.taken.append(bytes.withUnsafeBytes { Array($0) })
      return nil
    }
    var counters = SocketCounters()
    for byte in UInt8(0)..<4 {
      let result = sender.send([byte, byte, byte].span.bytes, to: nowhere, through: -1, &counters)
      #expect(result == (byte < 3 ? .sent : .dropped))
    }
    #expect(sender.isPending && counters.droppedFull == 1)
    sender.flush(through: -1, &counters) { _, _ in }
    #expect(sender.isPending && system.taken.isEmpty)
    system.isFull = false
    // What comes now goes behind what waits.
    #expect(sender.send([UInt8(9)].span.bytes, to: nowhere, through: -1, &counters) == .sent)
    sender.flush(through: -1, &counters) { _, _ in }
    #expect(system.taken == [[0, 0, 0], [1, 1, 1], [2, 2, 2], [9]])
    #expect(!sender.isPending && counters.sent == 4)
    #expect(sender.send([UInt8(8)].span.bytes, to: nowhere, through: -1, &counters) == .sent && system.taken.count == 5)
  }

  @Test(
    "each refusal of the system has its meaning",
    arguments: [
      (ENETUNREACH, .unreachable), (EHOSTUNREACH, .unreachable), (EAFNOSUPPORT, .unreachable), (EPERM, .unreachable),
      (EACCES, .unreachable), (EINVAL, .unreachable), (EPIPE, .socketDead), (ENOTCONN, .socketDead),
      (EMSGSIZE, .dropped),
    ] as [(Int32, DatagramSender.Result)])
  func refusals(error: Int32, meaning: DatagramSender.Result) {
    var sender = DatagramSender(maximumPendingBytes: 10) { _, _, _ in error }
    var counters = SocketCounters()
    #expect(sender.send([UInt8(1)].span.bytes, to: nowhere, through: -1, &counters) == meaning)
    #expect(!sender.isPending && counters.refused == 1 && counters.sent == 0)
  }

  @Test("a refusal while what waited is sent is reported, and the rest goes on") func refusedLater() {
    final class System { var answers: [Int32?] = [EAGAIN, EAGAIN, ENETUNREACH, nil] }
    let system = System()
    var sender = DatagramSender(maximumPendingBytes: 10) { _, _, _ in system.answers.removeFirst() }
    var counters = SocketCounters()
    _ = sender.send([UInt8(1)].span.bytes, to: nowhere, through: -1, &counters)
    _ = sender.send([UInt8(2)].span.bytes, to: nowhere, through: -1, &counters)
    sender.flush(through: -1, &counters) { _, _ in Issue.record("nothing was refused yet") }
    var reported: [DatagramSender.Result] = []
    sender.flush(through: -1, &counters) { reported.append($1) }
    #expect(reported == [.unreachable] && counters.sent == 1 && !sender.isPending)
  }

  @Test("the system itself refuses broadcast, another family and overlong datagrams") func realRefusals() throws {
    let (four, six) = (try PlainSocket(.ipv4), try PlainSocket(.ipv6))
    var sender = DatagramSender(maximumPendingBytes: 10)
    var counters = SocketCounters()
    let broadcast = Address(ip: IPAddress(ipv4: 0xffff_ffff), port: 4222)
    #expect(
      sender.send([UInt8(1)].span.bytes, to: broadcast, through: four.socket.descriptor, &counters) == .unreachable)
    let other = Address(ip: IPAddress(ipv4: 0x7f00_0001), port: 4222)
    #expect(sender.send([UInt8(1)].span.bytes, to: other, through: six.socket.descriptor, &counters) == .unreachable)
    let long = [UInt8](repeating: 0, count: 70_000)
    #expect(sender.send(long.span.bytes, to: nowhere, through: four.socket.descriptor, &counters) == .dropped)
    #expect(counters.refused == 3)
  }
}
