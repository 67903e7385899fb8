import DHTText
import ArgumentParser

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The program `dht`: one-shot commands for scripts.
public enum DHTTool {
  /// Runs the program on a command line without its own name, and ends the process.
  public static func main(_ arguments: [String]) async -> Never {
    do {
      var command = try DHTCommand.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
      exit(ExitStatus.done.rawValue)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch {
      let code = DHTCommand.exitCode(for: error).rawValue
      if code == 0 {  // help, version
        let text = DHTCommand.fullMessage(for: error) + "\n"
        exit(Descriptor.standardOutput.write(text.utf8) ? 0 : ExitStatus.cannotWrite.rawValue)
      }
      Descriptor.standardError.write((complaint(error, arguments) + "\n").utf8)
      exit(code)
    }
  }

  /// What is wrong with a command line, in one line; the library's own way is four.
  static func complaint(_ error: any Error, _ arguments: [String]) -> String {
    let text = DHTCommand.message(for: error).split(separator: "\n").first ?? "wrong usage"
    let names = DHTCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    let command = arguments.first { names.contains($0) }.map { "dht \($0)" } ?? "dht"
    return "dht: \(terminalSafe(String(text))) (see \(command) --help)"
  }
}

/// The root of the commands.
struct DHTCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dht",
    abstract: "Puts, finds and watches values in an OpenDHT network.",
    discussion: """
      KEY is 40 hexadecimal digits, or any text, which is hashed. No network is joined unasked: name a node of it with \
      --bootstrap.

      With --json each result is one object on one line. Value ids are strings of 16 hexadecimal digits, since 64 bits do \
      not fit the numbers of most readers; times are seconds; data is base64. A signed value has its owner's id, owner, \
      and long id, ownerLong, and its sequence; decrypted tells that it was encrypted for us.

      Exit status: 0 done, 1 failed or not stored, 2 nothing found, 64 wrong usage, 69 not connected, 73 cannot write, \
      77 key or password.
      """,
    version: NodeUsage.versionNumber,
    subcommands: [
      PutCommand.self, GetCommand.self, ListenCommand.self, QueryCommand.self, PingCommand.self, NodeCommand.self,
      TraceCommand.self, IdentityCommand.self, ProxyCommand.self,
    ])
}
