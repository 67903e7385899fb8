import DHTCore
import DHTModel

/// A node is fed datagrams, requests of the application and the passing of time, in the order that the input says.
/// It must not trap, and what it sends must be bounded by what it is fed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNode(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  var script = Script(Array(UnsafeBufferPointer(start: start, count: count)))
  var now = Instant(nanoseconds: 1_000_000_000)
  var configuration = Configuration()
  configuration.nodeID = InfoHash(1, 2, 3, 4, 5)
  var node = Node(configuration, seed: Seed(1, 2), now: now, wallTime: WallTime(seconds: 1_700_000_000))
  while let step = script.byte() {
    perform(step, on: &node, &script, &now)
    node.takeDatagrams { _, _ in }
    while node.nextEvent() != nil {}
  }
  node.advance(to: now + .seconds(600))
  node.takeDatagrams { _, _ in }
  return 0
}

private func perform(_ step: UInt8, on node: inout Node, _ script: inout Script, _ now: inout Instant) {
  let key = InfoHash(UInt32(script.byte() ?? 0), 0, 0, 0, 1)
  switch step & 15 {
  case 0: _ = node.get(key, now: now)
  case 1: _ = node.put(Value(script.bytes(), type: UInt16(script.byte() ?? 0)), at: key, now: now)
  case 2: _ = node.listen(to: key, now: now)
  case 3: _ = node.query(key, Query(select: [.id, .userType]), now: now)
  case 4: node.cancel(OperationID(UInt64(script.byte() ?? 0)), now: now)
  case 5: _ = node.put(Value([1], id: 7), at: key, options: PutOptions(isPermanent: true), now: now)
  case 6: node.connectivityChanged(now: now)
  case 7, 8:
    now = now + .milliseconds(Int64(script.byte() ?? 0) * Int64(script.byte() ?? 1))
    node.advance(to: now)
  default:
    let datagram = script.bytes()
    node.receive(datagram.span.bytes, from: address(script.byte() ?? 1), now: now)
  }
}

private func address(_ byte: UInt8) -> SocketAddress {
  let ip =
    byte & 128 == 0
    ? IPAddress(ipv4: 0x0A00_0000 | UInt32(byte)) : IPAddress(ipv6High: 0x2001_0DB8 << 32, low: UInt64(byte))
  return SocketAddress(ip: ip, port: 4000 + UInt16(byte))
}

/// The input, read from its front.
private struct Script {
  private let data: [UInt8]
  private var position = 0

  init(_ data: [UInt8]) { self.data = data }

  mutating func byte() -> UInt8? {
    guard position < data.count else { return nil }
    position += 1
    return data[position - 1]
  }

  /// A run of bytes behind its length in two bytes.
  mutating func bytes() -> [UInt8] {
    let wanted = Int(byte() ?? 0) << 8 | Int(byte() ?? 0)
    let run = data[position..<min(data.count, position + wanted)]
    position = run.endIndex
    return Array(run)
  }
}
