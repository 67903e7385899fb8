import DHTText
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One life of a program after its node has started: bootstrap, shell or service, a clean end.
struct NodeRun: Sendable {
  let program: NodeProgram
  let dht: DHT
  let proxies: Proxies
  let options: NodeOptions
  let signals: Signals
  let filter: LogSwitch
  let log: LogSink
  let isOnTerminal: Bool

  /// Operations that still run at the end get this long to finish. Deployed nodes wait 7.9 s at worst; ours must end within 10.
  private static let drainTime: Duration = .seconds(5)

  /// Runs until the end that a person, the input or a signal brings.
  func run() async -> ExitStatus {
    for bootstrap in options.bootstrap {
      Descriptor.standardOutput.write("Bootstrap: \(bootstrap.text)\n".utf8)
    }
    dht.bootstrap(to: options.bootstrap.map(\.host))
    if options.isService { return await runService() }
    return isOnTerminal ? await runTerminal() : await runPipe()
  }

  // MARK: Service

  private func runService() async -> ExitStatus {
    let showing = Task { await log.show { Descriptor.standardError.write(($0 + "\n").utf8) } }
    let resolving = Task { await reportUnresolved { Descriptor.standardError.write(($0 + "\n").utf8) } }
    let ends = EndSignal()
    signals.tell { if Signals.stopping.contains($0) { ends.tell() } }
    await ends.wait()
    resolving.cancel()
    await stop()
    showing.cancel()
    return .done
  }

  // MARK: Shell on a pipe

  /// Runs each line and waits for its result; ends with the input, with `x`, or on a signal.
  private func runPipe() async -> ExitStatus {
    let ends = EndSignal()
    let failures = Counter()
    let output = PlainOutput {
      failures.add(1)
      ends.tell()
    }
    let showing = Task { await log.show { await output.message($0) } }
    signals.tell { if Signals.stopping.contains($0) { ends.tell() } }
    let resolving = Task { await reportUnresolved { await output.message($0) } }
    let shell = program.makeShell(dht, proxies, output, filter)
    let reading = Task {
      await output.result(await shell.banner())
      await runLines(shell)
      ends.tell()
    }
    await ends.wait()
    reading.cancel()
    // A host that cannot be resolved is told also when the commands were quick.
    await settle(resolving)
    resolving.cancel()
    await shell.end()
    await output.result("\nStopping node...")
    await stop()
    showing.cancel()
    return failures.value > 0 ? .cannotWrite : .done
  }

  private func runLines(_ shell: any LineShell) async {
    let input = StandardInput()
    var splitter = LineSplitter()
    while let bytes = await input.next() {
      for line in splitter.take(bytes) {
        guard await runLine(line, shell) else { return }
      }
    }
    if let line = splitter.finish() { _ = await runLine(line, shell) }
  }

  private func runLine(_ line: String, _ shell: any LineShell) async -> Bool {
    switch await shell.run(line) {
    case .next: return true
    case .running(let task):
      await task.value
      return true
    case .stop: return false
    }
  }

  // MARK: Shell on a terminal

  private func runTerminal() async -> ExitStatus {
    guard let raw = RawTerminal() else { return await runPipe() }
    let output = TerminalOutput(
      words: program.words, columns: RawTerminal.columns, file: program.keepsHistory ? HistoryFile() : nil)
    let ends = EndSignal()
    let showing = Task { await log.show { await output.message($0) } }
    signals.tell { signal in
      if signal == SIGWINCH {
        Task { await output.resize(columns: RawTerminal.columns) }
      } else {
        ends.tell()
      }
    }
    let shell = program.makeShell(dht, proxies, output, filter)
    await output.result(await shell.banner())
    let resolving = Task { await reportUnresolved { await output.message($0) } }
    let reading = Task {
      await runKeys(output, shell)
      ends.tell()
    }
    await ends.wait()
    reading.cancel()
    resolving.cancel()
    await shell.end()
    await output.finish()
    await output.result("\nStopping node...")
    raw.restore()
    await stop()
    showing.cancel()
    return .done
  }

  private func runKeys(_ output: TerminalOutput, _ shell: any LineShell) async {
    let input = StandardInput()
    await output.begin(prompt: await shell.prompt)
    while let bytes = await input.next() {
      await output.feed(bytes)
      while let event = await output.next() {
        guard case .line(let line) = event else { return }
        if case .stop = await shell.run(line) { return }
        await output.begin(prompt: await shell.prompt)
      }
    }
  }

  // MARK: Both

  private func reportUnresolved(_ print: @escaping @Sendable (String) async -> Void) async {
    await withTaskGroup { group in
      for bootstrap in options.bootstrap {
        group.addTask {
          guard await dht.resolve(bootstrap.host).isEmpty, !Task.isCancelled else { return }
          await print(
            "\(program.name): cannot resolve the bootstrap host '\(terminalSafe(bootstrap.host.name))'; the node goes on without it"
          )
        }
      }
    }
  }

  /// Waits a moment for a task that is as good as done.
  private func settle(_ task: Task<Void, Never>) async {
    let ends = EndSignal()
    let waiting = Task {
      await task.value
      ends.tell()
    }
    let timing = Task {
      try? await Task.sleep(for: .seconds(2))
      ends.tell()
    }
    await ends.wait()
    waiting.cancel()
    timing.cancel()
  }

  /// Lets operations end, then stops the node; a second signal cuts the waiting short.
  private func stop() async {
    await proxies.stopAll()
    let ends = EndSignal()
    let draining = Task {
      await dht.drain(timeout: Self.drainTime)
      ends.tell()
    }
    signals.tell { if Signals.stopping.contains($0) { ends.tell() } }
    await ends.wait()
    draining.cancel()
    await dht.stop()
  }
}
