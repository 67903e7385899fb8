import Logging
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The program `dhtnode`: a node with its shell, or alone as a service. (tools.md §3)
public enum NodeTool {
  /// Runs the program on a command line without its own name, and ends the process.
  public static func main(_ arguments: [String]) async -> Never {
    let status: ExitStatus
    do throws(OptionError) {
      switch try NodeInvocation(arguments) {
      case .help: status = write(NodeUsage.help)
      case .version: status = write(NodeUsage.version)
      case .run(let options): status = await run(options)
      }
    } catch {
      complain("\(error) (see dhtnode --help)")
      status = .usage
    }
    exit(status.rawValue)
  }

  private static func write(_ text: String) -> ExitStatus {
    Descriptor.standardOutput.write(text.utf8) ? .done : .cannotWrite
  }

  private static func complain(_ text: String) {
    Descriptor.standardError.write("dhtnode: \(text)\n".utf8)
  }

  private static func run(_ options: NodeOptions) async -> ExitStatus {
    let isShell = !options.isService && Descriptor.standardInput.isTerminal && Descriptor.standardOutput.isTerminal
    // Caught before anything runs, so that none ends the program half-way.
    let signals = Signals(
      catching: [SIGINT, SIGTERM, SIGWINCH] + (isShell ? [SIGHUP] : []),
      ignoring: [SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU] + (options.isService ? [SIGHUP] : []))
    let filter = LogSwitch(isOn: options.isVerbose)
    let log: LogSink
    do throws(SystemReason) {
      log = try LogSink(file: options.isVerbose ? options.logFile : nil)
    } catch {
      complain("cannot write the log file '\(options.logFile ?? "")': \(error)")
      return .cannotWrite
    }
    if options.logFile != nil, !options.isVerbose { complain("--logfile has no effect without --verbose") }
    var configuration = options.configuration
    configuration.logger = Logger(label: "dhtnode") { _ in ToolLog(filter, isColored: log.isColored) { log.write($0) } }

    let dht = DHT(configuration)
    do throws(DHTError) { try await dht.start() } catch {
      complain(error.description)
      return .failed
    }
    return await NodeRun(dht: dht, options: options, signals: signals, filter: filter, log: log, isOnTerminal: isShell)
      .run()
  }
}
