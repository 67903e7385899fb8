import DHTText
import OpenDHT

/// The shell of `dhtchat`: one channel at a time, signed messages to all, encrypted ones to one. (tools.md §5)
actor ChatShell: LineShell {
  private struct Channel {
    var key: InfoHash
    var listening: Task<Void, Never>
  }
  private let node: any NodeBackend
  private let output: any ShellOutput
  private var channel: Channel?

  init(_ node: any NodeBackend, output: any ShellOutput) {
    self.node = node
    self.output = output
  }

  var prompt: String { channel == nil ? "> " : ">> " }

  /// The node's banner; then, what later peers want as the address of an encrypted message.
  func banner() async -> String {
    let longID = node.identity.map { "\nPublic key long ID \($0.longID)" } ?? ""
    return await NodeReport.head(of: node) + longID + "\n  type 'c {hash}' to join a channel\n"
  }

  func run(_ line: String) async -> ShellStep {
    switch ChatLine(line, isInside: channel != nil) {
    case .nothing: return .next
    case .exit: return .stop
    case .leave: end()
    case .wrong(let text): await output.message(text)
    case .join(let key): await join(key)
    case .say(let text): return send(text, nil)
    case .whisper(let recipient, let text): return send(text, recipient)
    }
    return .next
  }

  func end() {
    channel?.listening.cancel()
    channel = nil
  }

  private func join(_ key: KeyArgument) async {
    if let text = key.text {
      await output.result("Joining h(\(output.isTerminal ? terminalSafe(text) : text)) = \(key.hash)")
    }
    let (node, output) = (node, output)
    channel = Channel(
      key: key.hash,
      listening: Task {
        // No filter: the type of an encrypted message cannot be seen by whoever would filter.
        let ending = await node.listen(key.hash, where: []) { change in
          guard !Task.isCancelled else { return }
          await Self.show(change, of: node, to: output)
        }
        if ending != .completed, ending != .cancelled { await output.message("Channel: \(ending.reason)") }
      })
  }

  /// Only what somebody signed is shown: anybody could have written the rest. Our own messages stand there already.
  private static func show(_ change: ListenChange, of node: any NodeBackend, to output: any ShellOutput) async {
    guard case .added(let value) = change, let sender = value.signerID, sender != node.identity?.id,
      let message = InstantMessage(value)
    else { return }
    await output.result(
      chatMessageText(
        message, from: sender, wasEncrypted: value.wasEncrypted, now: .now, forTerminal: output.isTerminal))
  }

  private func send(_ text: String, _ recipient: Recipient?) -> ShellStep {
    guard let key = channel?.key else { return .next }
    let value = InstantMessage(text).value
    let (node, output) = (node, output)
    return .running(
      Task {
        let result =
          if let recipient {
            await node.putEncrypted(value, for: recipient, at: key)
          } else {
            await node.putSigned(value, at: key)
          }
        if case .failure(let error) = result {
          await output.message("Message publishing failed ! \(error.description)")
        }
      })
  }
}
