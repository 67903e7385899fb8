import DHTText
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct ShellTests {
  private let node = FakeNode()
  private let output = Transcript()
  private let using = "Using h(foo) = 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"
  private let foo = InfoHash(hashing: "foo")

  private func run(_ shell: Shell, _ lines: String...) async -> [String] {
    for line in lines {
      if case .running(let task) = await shell.run(line) { await task.value }
    }
    return output.take()
  }
  private var shell: Shell { Shell(node, output: output) }

  @Test("T-6: the commands of the proxy reach it, and say what stands against them") func proxies() async {
    let proxies = FakeProxies()
    let shell = Shell(node, proxies: proxies, output: output)
    #expect(await run(shell, "pst 80", "psx 443 gate", "stt host key", "stp", "rs token") == [])
    #expect(
      await proxies.calls == [
        "start 80 false -", "start 443 true gate", "use host key", "leave", "token token",
      ])
    #expect(
      await run(shell, "ll").joined().contains(
        "Stats for proxy server on port 80\n  Listens: 2 Puts: 0 PushListeners: 0\nRequests: 3 per second.\n"))
    #expect(await run(shell, "psp 80", "psp 81") == ["! No proxy is served on port 81."])
    #expect(await run(shell, "rp t") == ["Push: dhtnode t"])
    await proxies.refuse("TCP port 80 is in use by another program.")
    #expect(await run(shell, "pst 80") == ["! TCP port 80 is in use by another program."])
    #expect(await run(self.shell, "stp") == ["! There is no proxy in this program."])
  }

  @Test("T-6: p, then g") func putAndGet() async {
    let blocks = await run(shell, "p foo hello", "g foo")
    #expect(
      blocks == [
        using, "Put: success, took TIME. Value ID: ID", using,
        "Get: found 1 value(s) after TIME (total 1)\n\tValue[id:ID data(text/plain):\"hello\"]",
        "Get: completed, took TIME (total 1)",
      ])
    let stored = await node.stored[foo]?.first
    #expect(stored?.body == Value("hello").body && stored?.id != 0)
  }

  @Test("T-6: failures keep their lines, and say why on standard error") func failures() async {
    await node.set { $0.ending = .isolated }
    await node.set { $0.putError = .isolated }
    let shell = shell
    let why = "Not connected: no node of the network could be reached."
    #expect(await run(shell, "g foo") == [using, "Get: failure, took TIME (total 0)", "! Get: \(why)"])
    #expect(await run(shell, "p foo x") == [using, "Put: failure, took TIME. Value ID: ID", "! Put: \(why)"])
    await node.set { $0.putError = .throttled }
    #expect(await run(shell, "p foo x")[1] == "Put: failure, took TIME. Value ID: 0")
  }

  @Test("T-6: q") func query() async {
    await node.set { $0.stored = [InfoHash(hashing: "foo"): [Value("x", id: 0x99)]] }
    let found = "Query: found field value index after TIME\n\t"
    #expect(
      await run(shell, "q foo SELECT id,user_type") == [
        using, found + "Index[Id:99,UserType:text/plain]", "Query: completed, took TIME",
      ])
    #expect(await run(shell, "q foo")[1] == found + "Index[Id:99,Seq:0,UserType:text/plain]")
  }

  @Test("T-6: l, changes, cl", .timeLimit(.minutes(1))) func listen() async {
    let shell = shell
    await node.set { $0.stored = [InfoHash(hashing: "foo"): [Value("hello", id: 1)]] }
    #expect(await run(shell, "l foo").prefix(2) == [using, "Listening, token: 1"])
    _ = await output.wait(for: 0)
    while await node.running == 0 { await Task.yield() }
    await node.tell(.added(Value("more", id: 2)))
    await node.tell(.expired(Value("hello", id: 1)))
    var blocks: [String] = []
    while !blocks.contains("Listen: found 1 values expired (total 1)") { blocks += await output.wait(for: 1) }
    #expect(blocks.contains("Listen: found 1 values (total 2)\n\tValue[id:ID data(text/plain):\"more\"]"))
    #expect(await run(shell, "cl foo 2") == [using, "! No listen 2 at this key."])
    #expect(await run(shell, "cl bar 1").last == "! No listen 1 at this key.")
    #expect(await run(shell, "cl foo 1") == [using])
    while await node.running > 0 { await Task.yield() }
    #expect(await run(shell, "cl foo 1").last == "! No listen 1 at this key.")
  }

  @Test("T-6: pp, then cpp is silent; a second cpp is not") func permanent() async throws {
    let shell = shell
    #expect(await run(shell, "pp foo x") == [using, "Put: success, took TIME. Value ID: ID"])
    let id = try #require(await node.stored[foo]?.first?.id)
    #expect(await run(shell, "cpp foo \(idText(id))") == [using])
    #expect(await run(shell, "cpp foo \(idText(id))").count == 2)
  }

  @Test("T-11: after a malformed line the shell goes on") func goesOn() async {
    let shell = shell
    for line in [
      "g", "cl foo", "cpp foo zz", "g foo WHERE bogus=1", "b", "p \"", "bogus", "s foo", "s foo x", "e foo x y",
    ] {
      let blocks = await run(shell, line)
      #expect(blocks.count { $0.hasPrefix("! ") || $0.hasPrefix("Unknown command") } == 1, "\(line): \(blocks)")
    }
    #expect(await run(shell, "p foo x").last == "Put: success, took TIME. Value ID: ID")
  }

  @Test("T-9: s and e, and who gets it") func secured() async throws {
    let node = FakeNode(identity: TestIdentity.alice)
    let shell = Shell(node, output: output)
    #expect(await run(shell, "s foo hello") == [using, "Put signed: success (took TIME)"])
    let value = try #require(await node.stored[foo]?.first)
    #expect(value.text == "hello" && value.userType == "text/plain" && value.signerID == TestIdentity.alice.id)
    let bob = TestIdentity.bob
    for destination in ["\(bob.id)", "\(bob.longID)"] {
      #expect(await run(shell, "e foo \(destination) secret") == [using, "Put encrypted: success (took TIME)"])
    }
    #expect(await node.recipients == [.id(bob.id), .longID(bob.longID)])
    await node.set { $0.putError = .recipientUnknown(.id(.zero)) }
    #expect(
      await run(shell, "e foo \(bob.id) x") == [
        using, "Put encrypted: failure (took TIME)",
        "! Put encrypted: No certificate of \(InfoHash.zero) was found.",
      ])
  }

  @Test("T-9: without an identity s and e say what is missing") func identityRequired() async {
    let needed = "! An identity is required to perform this operation (run with -i)"
    #expect(await run(shell, "s foo x") == [using, needed])
    #expect(await run(shell, "e foo \(foo) x") == [using, needed])
  }

  @Test("T-6: words after a value are dropped, and the person is told") func cut() async {
    #expect(
      await run(shell, "p foo hello you").first == "! Only the first word was put. Quote a value of several words.")
    #expect(await node.stored[foo]?.first?.text == "hello")
  }

  @Test("T-6: x stops") func stop() async {
    guard case .stop = await shell.run("quit") else { Issue.record("did not stop"); return }
  }

  @Test("T-6: log toggles, or is narrowed to a key") func log() async {
    let log = LogSwitch()
    let shell = Shell(node, output: output, log: log)
    _ = await run(shell, "log")
    #expect(log.lets(through: "anything"))
    _ = await run(shell, "log")
    #expect(!log.lets(through: "anything"))
    _ = await run(shell, "log \(foo)")
    #expect(log.lets(through: "about \(foo)") && !log.lets(through: "anything"))
  }

  @Test("T-6: b tells when a host has no address") func bootstrap() async {
    #expect(await run(shell, "b host:5", "b no.invalid") == ["! Cannot resolve no.invalid."])
    #expect(await node.bootstraps == [Host(name: "host", port: 5), Host(name: "no.invalid")])
  }
}
