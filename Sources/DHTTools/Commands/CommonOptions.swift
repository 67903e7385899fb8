import DHTText
import ArgumentParser
import OpenDHT

/// Options of every command.
struct CommonOptions: ParsableArguments {
  @Option(
    name: [.customShort("b", allowingJoined: true), .long],
    help: ArgumentHelp("A node of the network to join; repeatable.", valueName: "host[:port]"),
    transform: Transform.host)
  var bootstrap: [Host] = []

  @Option(
    name: [.customShort("n", allowingJoined: true), .long],
    help: ArgumentHelp("Number that keeps networks apart; 0x for hexadecimal. (default: 0)", valueName: "number"),
    transform: Transform.network)
  var network: NetworkID?

  @Option(
    name: [.customShort("p", allowingJoined: true), .long],
    help: ArgumentHelp("UDP port; 0 lets the system choose. (default: 0)", valueName: "number"),
    transform: Transform.port)
  var port: UInt16?

  @Option(help: ArgumentHelp("Bind to this address only; repeatable, one for each family.", valueName: "address"))
  var bind: [String] = []

  @Flag(name: .customShort("4"), help: "IPv4 only.")
  var ipv4Only = false

  @Flag(name: .customShort("6"), help: "IPv6 only.")
  var ipv6Only = false

  @Option(help: ArgumentHelp("End after this time at the latest.", valueName: "seconds"), transform: Transform.seconds)
  var timeout: Duration?

  @Flag(help: "Print one JSON object a line.")
  var json = false

  @Flag(name: [.customShort("q"), .long], help: "Print results and errors only.")
  var quiet = false

  func validate() throws {
    _ = try bindAddresses()
  }

  private func bindAddresses() throws -> BindAddresses {
    var addresses = BindAddresses()
    for text in bind {
      guard addresses.add(text) else {
        throw ValidationError("--bind takes one address of each family, not '\(terminalSafe(text))'.")
      }
    }
    if ipv4Only, ipv6Only { throw ValidationError("-4 and -6 exclude each other.") }
    if ipv4Only { _ = addresses.restrict(to: .ipv4) }
    if ipv6Only { _ = addresses.restrict(to: .ipv6) }
    if addresses.isContradictory {
      throw ValidationError("--bind names an address of the family that -4 or -6 leaves out.")
    }
    return addresses
  }

  /// The node that these options describe.
  func nodeConfiguration(isClient: Bool) throws -> DHT.Configuration {
    let addresses = try bindAddresses()
    var configuration = DHT.Configuration(
      port: port ?? 0, network: network ?? 0, bootstrap: bootstrap, bindIPv4: addresses.ipv4, bindIPv6: addresses.ipv6)
    configuration.node.families = addresses.families
    configuration.node.isClient = isClient
    return configuration
  }
}
