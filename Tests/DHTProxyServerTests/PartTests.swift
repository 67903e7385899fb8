import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import OpenDHT
import Testing

@testable import DHTProxyServer

/// The places where limits, rights and other routes are put in.
@Suite(.timeLimit(.minutes(1))) struct PartTests {
  private final class Gate: RequestGate {
    let heard = NIOLockedValueBox<[String]>([])

    func connectionOpened(from address: NIOCore.SocketAddress?) -> Permit? {
      Permit(client: nil, resource: .connection)
    }
    func admit(_ request: ProxyRequest) -> Admission {
      request.route.group == .write && request.headers.first(name: "authorization") == nil
        ? .refused(Self.unknown) : .admitted(nil)
    }
    func refusal(of group: RouteGroup, to request: ProxyRequest) -> Answer? { group == .permanent ? Self.unknown : nil }
    func turnAway(from address: NIOCore.SocketAddress?) -> Answer? { nil }
    func release(_ permit: Permit) {}
    func answered(_ route: Route?, status: Int, after duration: Duration) {
      heard.withLockedValue { $0.append("\(route?.name ?? "-") \(status)") }
    }

    private static var unknown: Answer {
      var answer = Answer(status: 401, reason: "Who are you?")
      answer.fields = [("WWW-Authenticate", "Bearer")]
      return answer
    }
  }

  private struct Counting: RouteService {
    func carryOut(_ request: ProxyRequest, body: ByteBuffer, _ exchange: Exchange) async {
      exchange.begin(Answer(), flushed: true)
      for number in 0..<3 {
        guard await exchange.send(ByteBuffer(string: "\(request.query ?? "")\(number)\n")) else { return }
      }
      exchange.end()
    }
  }

  private final class Flood: RouteService {
    let sent = NIOLockedValueBox(0)
    let isOver = NIOLockedValueBox(false)

    func carryOut(_ request: ProxyRequest, body: ByteBuffer, _ exchange: Exchange) async {
      exchange.begin(Answer(), flushed: true)
      // 64 MB: more than the system's buffers take.
      for _ in 0..<1_000 {
        guard await exchange.send(ByteBuffer(repeating: 97, count: 64 << 10)) else { break }
        sent.withLockedValue { $0 += 1 }
      }
      exchange.end()
      isOver.withLockedValue { $0 = true }
    }
  }

  @Test("§16: a task that streams waits for a reader that does not read, goes on with it, and ends with it")
  func slowReader() async throws {
    let flood = Flood()
    let world = try await World.make(operations: flood, isAlone: true)
    let slow = try await RawConnection(port: world.port, reads: false)
    slow.send("GET /events?key=a HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await slow.wait { _ in flood.sent.withLockedValue { $0 } > 0 })
    try await Task.sleep(for: .milliseconds(500))
    #expect(flood.sent.withLockedValue { $0 } < 500)
    let quick = try await world.connect()
    quick.send("GET /events?key=a HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(await quick.wait(seconds: 20) { $0.bytes.count > 64_000 << 10 }, "one that reads gets all")
    #expect(await quick.wait { $0.bytes.suffix(5).elementsEqual(Array("0\r\n\r\n".utf8)) })
    await quick.close()
    flood.isOver.withLockedValue { $0 = false }
    await slow.close()
    #expect(await slow.wait { _ in flood.isOver.withLockedValue { $0 } })
    await world.stop()
  }

  @Test("a gate refuses before anything is done, permanent puts when the body has come, and hears of every answer")
  func gate() async throws {
    let gate = Gate()
    let world = try await World.make(gate: gate)
    let body = "{\"data\":\"YQ==\"}", permanent = "{\"data\":\"YQ==\",\"permanent\":true}"
    let refused = try #require(try await world.ask("POST", "/key/foo", body))
    #expect(refused.status == 401 && refused["WWW-Authenticate"] == "Bearer")
    let head = "POST /key/foo HTTP/1.1\r\nAuthorization: Bearer x\r\nContent-Length: "
    #expect(try await world.ask("\(head)\(body.utf8.count)\r\n\r\n\(body)")?.status == 200)
    #expect(try await world.ask("\(head)\(permanent.utf8.count)\r\n\r\n\(permanent)")?.status == 401)
    #expect(try await world.ask("GET", "/a/b")?.status == 404)
    #expect(try await world.ask("GET", "/")?.status == 200)
    #expect(gate.heard.withLockedValue { $0 } == ["- 401", "put 200", "put 401", "- 404", "info 200"])
    await world.stop()
  }

  @Test("other routes answer through an exchange")
  func operations() async throws {
    let world = try await World.make(operations: Counting(), isAlone: true)
    #expect(try await world.ask("GET", "/metrics?x=")?.text == "x=0\nx=1\nx=2\n")
    #expect(try await world.ask("GET", "/events")?.text == "0\n1\n2\n")
    await world.stop()
  }

  @Test("what a task makes waits for a connection that is slow, within its bound")
  func exchange() async throws {
    let announced = NIOLockedValueBox(0)
    let exchange = Exchange(isChunked: true) { announced.withLockedValue { $0 += 1 } }
    exchange.begin(Answer())
    #expect(announced.withLockedValue { $0 } == 0)
    #expect(await exchange.send(ByteBuffer(string: "abc")))
    #expect(announced.withLockedValue { $0 } == 1)
    let taken = exchange.take()
    #expect(taken.head?.status == 200 && String(buffer: taken.bytes) == "3\r\nabc\r\n" && !taken.isEnded)

    async let sent = exchange.send(ByteBuffer(repeating: 97, count: Exchange.capacity + 1))
    for _ in 0..<1000 where announced.withLockedValue({ $0 }) < 2 { try await Task.sleep(for: .milliseconds(1)) }
    #expect(exchange.take().bytes.readableBytes > Exchange.capacity)
    #expect(await sent)
    exchange.close()
    #expect(await !exchange.send(ByteBuffer(string: "abc")))
    exchange.end()
    #expect(announced.withLockedValue { $0 } == 2)
  }
}
