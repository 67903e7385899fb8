import OpenDHT
import Testing

@testable import DHTTools

/// The chat of tools.md §5.
@Suite(.timeLimit(.minutes(1)))
struct ChatTests {
  private let node = FakeNode(identity: TestIdentity.alice)
  private let output = Transcript()
  private let room = InfoHash(hashing: "room")

  @Test(
    "chat: lines outside a channel",
    arguments: [
      ("", ChatLine.nothing), ("  ", .nothing), ("x", .exit), ("q", .exit), ("exit", .exit), ("quit", .exit),
      ("c room", .join(KeyArgument("room"))), (" c  room more", .join(KeyArgument("room"))),
      ("c", .wrong("Syntax: c {hash}")),
      ("hello", .wrong("Unknown command. Type 'c {hash}' to join a channel")),
      ("d", .wrong("Unknown command. Type 'c {hash}' to join a channel")),
    ])
  func outside(line: String, meaning: ChatLine) {
    #expect(ChatLine(line, isInside: false) == meaning)
  }

  private static let id = "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"
  private static let longID = id + "0beec7b5ea3f0fdbc95d0dd4"
  private static let wrong = "Syntax: e [id of the recipient, 40 or 64 digits] [text]. Nothing was sent."

  @Test(
    "chat: lines inside a channel; what was meant for one is never said to all",
    arguments: [
      ("hello all", ChatLine.say("hello all")), ("x", .say("x")), ("c other", .say("c other")),
      (" two ", .say(" two ")),
      ("d", .leave), ("d'accord", .say("d'accord")), ("do", .say("do")), ("", .nothing), ("e", .wrong(wrong)),
      ("e hello all", .wrong(wrong)), ("e \(id)", .wrong(wrong)),
      ("e \(String(repeating: "0", count: 40)) x", .wrong(wrong)),
      ("e \(id) a  b", .whisper(Recipient(hex: id) ?? .id(.zero), " a  b")),
      ("e \(longID) a", .whisper(Recipient(hex: longID) ?? .id(.zero), " a")),
    ])
  func inside(line: String, meaning: ChatLine) {
    #expect(ChatLine(line, isInside: true) == meaning)
  }

  @Test("chat: joins, says, whispers, leaves") func talk() async throws {
    let chat = ChatShell(node, output: output)
    #expect(await chat.banner().hasSuffix("\n  type 'c {hash}' to join a channel\n"))
    #expect(await chat.banner().contains("\nPublic key ID \(TestIdentity.alice.id)\n"))
    #expect(await chat.prompt == "> ")
    await run(chat, "c room")
    #expect(output.take() == ["Joining h(room) = \(room)"])
    #expect(await chat.prompt == ">> ")
    await run(chat, "hello all")
    let said = try #require(await node.stored[room]?.first)
    #expect(InstantMessage(said)?.text == "hello all" && said.signerID == TestIdentity.alice.id)
    await run(chat, "e \(TestIdentity.bob.id) for you")
    #expect(await node.recipients == [.id(TestIdentity.bob.id)])
    #expect(output.take() == [])
    await run(chat, "d")
    #expect(await chat.prompt == "> ")
    await run(chat, "hello all")
    #expect(output.take() == ["! Unknown command. Type 'c {hash}' to join a channel"])
    guard case .stop = await chat.run("x") else { Issue.record("did not stop"); return }
  }

  @Test("chat: what others signed is shown, our own and unsigned words are not") func hear() async throws {
    let chat = ChatShell(node, output: output)
    await run(chat, "c \(room)")
    while await node.running == 0 { await Task.yield() }
    let message = InstantMessage("hi", date: WallTime(seconds: 1_700_000_000), id: 7)
    await node.tell(.added(message.value))
    await node.tell(.added(try message.value.signed(by: TestIdentity.alice)))
    await node.tell(.added(try Value("no message").signed(by: TestIdentity.bob)))
    await node.tell(.expired(try message.value.signed(by: TestIdentity.bob)))
    await node.tell(.added(try message.value.signed(by: TestIdentity.bob)))
    var opened = try message.value.signed(by: TestIdentity.bob, recipient: TestIdentity.alice.id)
    opened.wasEncrypted = true
    await node.tell(.added(opened))
    let lines = await output.wait(for: 2)
    let head = "\(TestIdentity.bob.id) at \(localTimeText(message.date)) (took TIME)"
    #expect(lines == ["\(head) : 7 - hi", "\(head) ENCRYPTED : 7 - hi"])
    await chat.end()
  }

  @Test("chat: a failed send is told") func failure() async {
    await node.set { $0.putError = .isolated }
    let chat = ChatShell(node, output: output)
    await run(chat, "c \(room)", "hello")
    #expect(
      output.take() == ["! Message publishing failed ! Not connected: no node of the network could be reached."])
  }

  @Test("chat: words of strangers cannot steer a terminal, nor make a second line") func harmless() {
    let message = InstantMessage("\u{1b}[2J\nmallory", date: WallTime(seconds: .max), id: 1)
    for isTerminal in [true, false] {
      let text = chatMessageText(message, from: .zero, wasEncrypted: false, now: .now, forTerminal: isTerminal)
      #expect(!text.contains("\n"))
      #expect(text.contains("\u{1b}") != isTerminal)
    }
    #expect(!localTimeText(WallTime(nanoseconds: .min)).isEmpty)
  }

  private func run(_ chat: ChatShell, _ lines: String...) async {
    for line in lines { if case .running(let task) = await chat.run(line) { await task.value } }
  }
}
