/// The program `dhtnode`: a node with its shell, or alone as a service. (tools.md §3)
public enum NodeTool {
  /// Runs the program on a command line without its own name, and ends the process.
  public static func main(_ arguments: [String]) async -> Never {
    await NodeLaunch(program: program).main(arguments)
  }

  private static let program = NodeProgram(
    name: "dhtnode", help: NodeUsage.help, words: ShellCommand.words, keepsHistory: true
  ) { dht, proxies, output, log in Shell(DHTBackend(dht: dht), proxies: proxies, output: output, log: log) }
}
