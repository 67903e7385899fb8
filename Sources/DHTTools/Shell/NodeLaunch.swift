import DHTProxyClient
import DHTProxyServer
import Logging
import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The way of a program from its command line to its node: log, signals, identity, sockets.
struct NodeLaunch: Sendable {
  let program: NodeProgram

  /// Runs the program on a command line without its own name, and ends the process.
  func main(_ arguments: [String]) async -> Never {
    let status: ExitStatus
    do throws(OptionError) {
      switch try NodeInvocation(arguments) {
      case .help: status = write(program.help)
      case .version: status = write(NodeUsage.version)
      case .run(let options):
        if program.isChat, options.isService {
          throw .contradiction("there is no chat without its shell: leave out --service")
        }
        status = await run(options)
      }
    } catch {
      complain("\(error) (see \(program.name) --help)")
      status = .usage
    }
    exit(status.rawValue)
  }

  private func write(_ text: String) -> ExitStatus {
    Descriptor.standardOutput.write(text.utf8) ? .done : .cannotWrite
  }

  private func complain(_ text: String) {
    Descriptor.standardError.write("\(program.name): \(text)\n".utf8)
  }

  private func run(_ options: NodeOptions) async -> ExitStatus {
    let isShell = !options.isService && Descriptor.standardInput.isTerminal && Descriptor.standardOutput.isTerminal
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
    configuration.logger = Logger(label: program.name) { _ in
      ToolLog(filter, isColored: log.isColored) { log.write($0) }
    }
    // Before the signals are caught: an interrupt ends a program that makes a key, or waits for a password.
    do throws(IdentityFailure) {
      configuration.identity = try await identity(options.identity)
    } catch {
      complain(error.description)
      return error.status
    }
    let secure: ProxyServer.Secure?
    do throws(IdentityFailure) { secure = try Proxies.secure(options.proxy) } catch {
      complain(error.description)
      return error.status
    }
    do throws(DHTError) {
      if let proxy = try Proxies.client(options.proxy.server, options.proxy.deviceKey, identity: configuration.identity)
      {
        configuration.backend = .proxy(proxy)
      }
    } catch {
      complain(error.description)
      return .usage
    }
    // Caught before anything runs, so that none ends the program half-way.
    let signals = Signals(
      catching: [SIGINT, SIGTERM, SIGWINCH] + (isShell ? [SIGHUP] : []),
      ignoring: [SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU] + (options.isService ? [SIGHUP] : []))

    let dht = DHT(configuration)
    do throws(DHTError) { try await dht.start() } catch {
      complain(error.description)
      return .failed
    }
    // What cannot be kept or sent is told also without -v.
    var proxyLogger = Logger(label: program.name) { _ in
      ToolLog(LogSwitch(isOn: true), isColored: log.isColored) { log.write($0) }
    }
    proxyLogger.logLevel = options.isVerbose ? .debug : .warning
    let proxies = Proxies(dht, options.proxy, secure: secure, logger: proxyLogger)
    if let reason = await proxies.startAll() {
      complain(reason)
      await dht.stop()
      return .failed
    }
    return await NodeRun(
      program: program, dht: dht, proxies: proxies, options: options, signals: signals, filter: filter, log: log,
      isOnTerminal: isShell
    ).run()
  }

  /// A loaded identity comes before a made one, as in the network's tools.
  private func identity(_ options: IdentityChoice) async throws(IdentityFailure) -> Identity? {
    if let files = options.files {
      if options.saved != nil { complain("--save-identity has no effect: the identity is loaded from files") }
      return try IdentityFiles.load(
        certificate: files.certificate, privateKey: files.privateKey, Password(word: options.password))
    }
    guard options.isGenerated || program.isChat else { return nil }
    if let path = options.saved {
      try IdentityFiles.refuseIdentity(at: path)
      try IdentityFiles.refuseIdentity(at: path + "_ca")
    }
    let name = program.name
    let made = try await KeyWork.generate { Descriptor.standardError.write("\(name): \($0)\n".utf8) }
    if let path = options.saved {
      let password = try Password(word: options.password).choose(for: path)
      try IdentityFiles.save(made.identity, authority: made.authority, to: path, password: password)
    }
    return made.identity
  }
}
