import OpenDHT

/// What a command line of `dhtnode`, or a program with its options, asks for.
enum NodeInvocation: Equatable {
  case help, version
  case run(NodeOptions)
}

/// How such a program runs.
struct NodeOptions: Equatable {
  /// A bootstrap host as written, for the `Bootstrap:` line, and as understood.
  struct Bootstrap: Equatable {
    var text: String
    var host: Host
  }
  var port: UInt16 = 0
  var network: NetworkID = 0
  var bootstrap: [Bootstrap] = []
  var bind = BindAddresses()
  var identity = IdentityChoice()
  var proxy = ProxyOptions()
  var isVerbose = false
  var logFile: String?
  var isService = false
  var hasRateLimit = true
  var isPublicStable = false
}

extension NodeInvocation {
  /// Reads a command line without the program's name. Help wins over version, and both over everything that is well formed.
  init(_ arguments: [String]) throws(OptionError) {
    let line = try NodeOption.parser.parse(arguments)
    var options = NodeOptions()
    for item in line.items { try options.apply(item) }
    if options.bind.isContradictory {
      throw .contradiction("--bind names an address of the family that -4 or -6 leaves out")
    }
    if let contradiction = options.identity.contradiction ?? options.proxy.contradiction { throw contradiction }
    if let operand = line.operands.first { throw .unexpectedOperand(operand) }
    if line.items.contains(where: { $0.name == .help }) {
      self = .help
    } else if line.items.contains(where: { $0.name == .version }) {
      self = .version
    } else {
      self = .run(options)
    }
  }
}

extension NodeOptions {
  fileprivate mutating func apply(_ item: OptionParser<NodeOption>.Item) throws(OptionError) {
    let value = item.value ?? ""
    switch item.name {
    case .help, .version, .ignored: break
    case .port:
      guard let number = portArgument(value) else { throw .badValue("--port", value, expected: "0 … 65535") }
      port = number
    case .network:
      guard let number = networkArgument(value) else { throw .badValue("--net", value, expected: "0 … 4294967295") }
      network = number
    case .bootstrap: try addBootstrap(value)
    case .bind:
      guard bind.add(value) else {
        throw .badValue("--bind", value, expected: "one IPv4 or IPv6 address of each family")
      }
    case .ipv4Only:
      guard bind.restrict(to: .ipv4) else { throw .contradiction("-4 and -6 exclude each other") }
    case .ipv6Only:
      guard bind.restrict(to: .ipv6) else { throw .contradiction("-4 and -6 exclude each other") }
    case .identity: identity.isGenerated = true
    case .saveIdentity: identity.saved = value
    case .certificate: identity.certificate = value
    case .privateKey: identity.privateKey = value
    case .privateKeyPassword: identity.password = value
    case .verbose: isVerbose = true
    case .logFile: logFile = value
    case .service: isService = true
    case .noRateLimit: hasRateLimit = false
    case .publicStable: isPublicStable = true
    case .proxyServer, .secureProxyServer, .proxyAddress, .proxyCertificate, .proxyPrivateKey,
      .proxyPrivateKeyPassword, .pushServer, .bundleID, .persist, .proxyClient, .deviceKey:
      try proxy.apply(item.name, value)
    case .later(let name): throw .unavailable("--\(name)")
    }
  }

  /// A leading `=` is dropped, so that `-b=host` works; `none` is nobody. (tools.md §2)
  private mutating func addBootstrap(_ value: String) throws(OptionError) {
    let text = value.hasPrefix("=") ? String(value.dropFirst()) : value
    guard text != "none" else { return }
    guard let host = Host(text) else {
      throw .badValue("--bootstrap", value, expected: "host, host:port or [address]:port")
    }
    bootstrap.append(Bootstrap(text: text, host: host))
  }
}

extension NodeOptions {
  /// The node that these options describe; bootstrap hosts are told to it later.
  var configuration: DHT.Configuration {
    var configuration = DHT.Configuration(port: port, network: network, bindIPv4: bind.ipv4, bindIPv6: bind.ipv6)
    configuration.node.families = bind.families
    configuration.node.isPublicStable = isPublicStable
    if !hasRateLimit {
      configuration.node.limits.requestsPerSecond = nil
      configuration.node.limits.requestsPerSecondAndAddress = nil
      configuration.node.limits.storageBytes = nil
      configuration.node.limits.searches = 1 << 30
    }
    return configuration
  }
}
