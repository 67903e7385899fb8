import DHTProxyServer
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct OptionTests {
  private func options(_ arguments: String...) throws(OptionError) -> NodeOptions {
    guard case .run(let options) = try NodeInvocation(arguments) else { return NodeOptions() }
    return options
  }

  @Test(
    "T-2: each option with a value in both long forms, and its short ones",
    arguments: [
      ["--port", "4222"], ["--port=4222"], ["--po=4222"], ["--po", "4222"], ["-p", "4222"], ["-p4222"], ["-vp4222"],
      ["-Op", "4222"],
    ])
  func port(arguments: [String]) throws {
    guard case .run(let options) = try NodeInvocation(arguments) else { Issue.record("not run"); return }
    #expect(options.port == 4222)
  }

  @Test("T-2: every option of the list is recognised") func every() throws {
    for option in NodeOption.parser.options {
      if let long = option.long {
        let name = "--" + long
        #expect(
          try NodeOption.parser.parse(option.takesValue ? [name, "v"] : [name]).items == [
            .init(name: option.name, value: option.takesValue ? "v" : nil)
          ])
        if option.takesValue { #expect(try NodeOption.parser.parse([name + "=v"]).items.first?.value == "v") }
      }
      if let short = option.short {
        #expect(
          try NodeOption.parser.parse(option.takesValue ? ["-\(short)", "v"] : ["-\(short)"]).items.first?.name
            == option.name)
      }
    }
    let shorts = Set(NodeOption.parser.options.compactMap(\.short))
    #expect(shorts.isSuperset(of: Set("hisdvODUPpnbfl".filter { $0 != "O" }).union(["O"])))
  }

  @Test("T-3: network ids in every base, and -b =host:port") func networkAndBootstrap() throws {
    #expect(try options("-n", "0xd05").network == 3333)
    #expect(try options("-n", "3333").network == 3333)
    #expect(try options("--net=06405").network == 3333)
    #expect(try options("-n0").network == 0)
    #expect(try options("-b=host:5").bootstrap == [.init(text: "host:5", host: Host(name: "host", port: 5))])
    #expect(try options("-b", "[::1]:7").bootstrap.first?.host == Host(name: "::1", port: 7))
    #expect(try options("-b", "::1").bootstrap.first?.host == Host(name: "::1", port: 4222))
    #expect(try options("-b", "a", "--bootstrap", "b").bootstrap.map(\.text) == ["a", "b"])
    #expect(try options("-b", "none").bootstrap.isEmpty)
  }

  @Test(
    "T-4: bad values are errors of one line",
    arguments: [
      ["-p", "99999"], ["-p", "-1"], ["-p", "x"], ["-p", ""], ["-p", "+5"], ["-p", "4222x"], ["-n", "x"], ["-n", "0x"],
      ["-n", "4294967296"],
      ["-n", "-1"], ["-b", ""], ["-b", "host:99999"], ["-b", "[::1"], ["--bind", "host"],
      ["--bind", "::1", "--bind", "::2"],
      ["-4", "-6"], ["-4", "--bind", "::1"], ["--bogus"], ["-z"], ["--p", "1"], ["--help=x"], ["-p"], ["--port"],
      ["operand"], ["--", "operand"],
    ])
  func bad(arguments: [String]) throws {
    let error = #expect(throws: OptionError.self) { try NodeInvocation(arguments) }
    #expect(error?.description.contains("\n") == false)
  }

  @Test(
    "Options of later versions are named and refused",
    arguments: [
      ["-d"],
      ["--daemonize"], ["-D"], ["--peer-discovery"], ["-f", "F"], ["--persist=F"],
      ["--syslog"],
    ])
  func later(arguments: [String]) throws {
    let error = #expect(throws: OptionError.self) { try NodeInvocation(arguments) }
    guard case .unavailable = error else {
      Issue.record(error.map { "\($0)" }.map { Comment(rawValue: $0) } ?? "no error"); return
    }
  }

  @Test("T-2: the identity: made, made and saved, loaded; halves are refused") func identity() throws {
    #expect(try options("-i").identity == IdentityChoice(isGenerated: true))
    #expect(try options("-i", "--save-identity=p").identity == IdentityChoice(isGenerated: true, saved: "p"))
    let loaded = try options("--certificate=c", "--privkey", "k", "--privkey-password", "w").identity
    #expect(loaded.files == .init(certificate: "c", privateKey: "k") && loaded.password == "w" && !loaded.isGenerated)
    for half in [["--certificate=c"], ["--privkey=k"], ["--save-identity=p"], ["-i", "--privkey=k"]] {
      #expect(throws: OptionError.self) { try NodeInvocation(half) }
    }
  }

  @Test("The proxies that are served and used; halves are refused") func proxies() throws {
    let served = try options(
      "--proxyserver", "80", "--proxyserverssl=443", "--proxy-addr", "::1", "--proxy-certificate", "c",
      "--proxy-privkey",
      "k", "--proxy-privkey-password", "w", "--pushserver", "gateway:8088", "--bundleid", "b"
    ).proxy
    #expect(served.port == 80 && served.securePort == 443 && served.address == IPAddress(ipv6High: 0, low: 1))
    #expect(served.certificate == "c" && served.privateKey == "k" && served.password == "w")
    #expect(
      served.pushServer == PushGateway(host: "gateway", port: 8088) && served.bundleID == "b" && served.server == nil)
    let used = try options("--proxyclient", "https://h", "--devicekey", "t").proxy
    #expect(used.server == "https://h" && used.deviceKey == "t" && used.port == nil)
    #expect(try options("--proxyserver", "80", "-f", "state").proxy.statePrefix == "state")
    #expect(try options("--proxyserver", "0").proxy == ProxyOptions())
    for bad in [
      ["--proxyserver", "x"], ["--proxyserver", "65536"], ["--proxyserverssl", "443"], ["--proxy-certificate", "c"],
      ["--proxy-privkey", "k"], ["--proxy-addr", "host"], ["--devicekey", "t"],
    ] {
      #expect(throws: OptionError.self) { try NodeInvocation(bad) }
    }
  }

  @Test("T-1: help wins over version") func help() throws {
    #expect(try NodeInvocation(["--version", "-h"]) == .help)
    #expect(try NodeInvocation(["-V"]) == .version)
    #expect(NodeUsage.help.hasPrefix("Usage: dhtnode "))
    #expect(NodeUsage.version.hasPrefix("OpenDHT version \(NodeUsage.versionNumber)\n"))
    #expect(NodeUsage.version.split(separator: "\n").count == 3)
  }

  @Test("Flags") func flags() throws {
    let options = try options("-svUP", "-l", "log", "-6")
    #expect(
      options.isService && options.isVerbose && !options.hasRateLimit && options.isPublicStable
        && options.logFile == "log")
    #expect(options.bind.families == [.ipv6])
    #expect(options.configuration.node.limits.requestsPerSecond == nil && options.configuration.node.isPublicStable)
    #expect(try self.options("--bind", "127.0.0.1").bind.families == [.ipv4])
    #expect(try self.options("--bind", "127.0.0.1", "--bind", "::1").bind.families == [.ipv4, .ipv6])
  }

  @Test("Ambiguous names list the choice") func ambiguous() {
    #expect(throws: OptionError.ambiguous("--pe", ["--persist", "--peer-discovery"])) { try NodeInvocation(["--pe"]) }
    #expect(throws: OptionError.self) { try NodeInvocation(["--proxyserve", "5"]) }
  }

  @Test("Numbers of dht") func numbers() {
    #expect(valueIDArgument("0x10") == 16 && valueIDArgument("10") == 10)
    for bad in ["0", "0x0", "-1", "+1", "", "0x", "x", "18446744073709551616"] { #expect(valueIDArgument(bad) == nil) }
    #expect(secondsArgument("0.5") == .milliseconds(500))
    for bad in ["0", "-1", "nan", "inf", "x", "", "1e300"] { #expect(secondsArgument(bad) == nil) }
  }
}
