import OpenDHT
import Testing

@testable import DHTTools

@Suite struct ShellParsingTests {
  private static let hex = "0BEEC7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"
  private static let long = Recipient(hex: hex + hex.prefix(24)) ?? .id(.zero)
  private static let foo = KeyArgument("foo")

  @Test("T-7: a text key is hashed and told, 40 digits are neither") func keys() {
    #expect(KeyArgument("foo").note == "Using h(foo) = 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")
    #expect(KeyArgument(Self.hex).note == nil)
    #expect(KeyArgument(Self.hex).hash == InfoHash(hashing: "foo"))
    let zero = String(repeating: "0", count: 40)
    #expect(KeyArgument(zero).text == zero && KeyArgument(zero).hash != .zero)
  }

  @Test(
    "T-6: every command of plain values is read",
    arguments: [
      ("h", ShellCommand.help), ("help", .help), ("x", .exit), ("exit", .exit), ("quit", .exit), (" ll ", .nodeReport),
      ("lr", .routingTables), ("la", .addresses), ("cc", .connectivityChanged), ("ls", .searches(nil)),
      ("ls foo", .searches(nil)),
      ("ls \(hex)", .searches(foo.hash)), ("ld \(hex)", .storage(foo.hash)), ("ld", .storage(nil)), ("log", .log(nil)),
      ("log \(hex)", .log(foo.hash)), ("b host", .bootstrap(Host(name: "host"))),
      ("b [::1]:5", .bootstrap(Host(name: "::1", port: 5))),
      ("g foo", .get(foo, [])), ("g foo WHERE id=5", .get(foo, [.id(5)])), ("l foo", .listen(foo, [])),
      ("l foo WHERE user_type=\"a b\"", .listen(foo, [.userType("a b")])),
      ("q foo SELECT id WHERE id=5", .query(foo, Query(select: [.id], where: [.id(5)]))),
      ("cl foo 3", .cancelListen(foo, token: 3)),
      ("p foo hello", .put(foo, "hello", isPermanent: false, isCut: false)),
      ("p foo hello you", .put(foo, "hello", isPermanent: false, isCut: true)),
      ("p foo \"hello you\"", .put(foo, "hello you", isPermanent: false, isCut: false)),
      ("p \"foo\" \"a \\\"b\\\" \\\\ \\n\"", .put(foo, "a \"b\" \\ \n", isPermanent: false, isCut: false)),
      ("p foo \"\"", .put(foo, "", isPermanent: false, isCut: false)),
      ("p foo it\"s", .put(foo, "it\"s", isPermanent: false, isCut: false)),
      ("pp foo hello", .put(foo, "hello", isPermanent: true, isCut: false)),
      ("cpp foo 992EC4", .cancelPut(foo, 0x992ec4)), ("s foo x", .putSigned(foo, "x", isCut: false)),
      ("s foo x y", .putSigned(foo, "x", isCut: true)),
      ("pst 80", .startProxy(port: 80, isSecure: false, pushServer: nil)),
      ("psx 443 gate:8088", .startProxy(port: 443, isSecure: true, pushServer: "gate:8088")),
      ("psp 80", .stopProxy(port: 80)), ("stt", .useProxy(server: nil, deviceKey: nil)),
      ("stt host:80 key", .useProxy(server: "host:80", deviceKey: "key")), ("stp", .leaveProxy),
      ("rs token", .setPushToken("token")), ("rp token", .injectPush("token")),
      ("e foo \(hex) x", .putEncrypted(foo, .id(foo.hash), "x", isCut: false)),
      ("e foo \(hex)\(hex.prefix(24)) \"x y\"", .putEncrypted(foo, long, "x y", isCut: false)),
    ])
  func commands(line: String, command: ShellCommand) throws {
    #expect(try ShellCommand(line) == command)
  }

  @Test("T-6: an empty line is nothing", arguments: ["", "   ", "\t"]) func empty(line: String) throws {
    #expect(try ShellCommand(line) == nil)
  }

  @Test(
    "T-11: malformed lines give one line",
    arguments: [
      ("g", "Syntax error: invalid InfoHash."), ("q", "Syntax error: invalid InfoHash."),
      ("l", "Syntax error: invalid InfoHash."),
      ("p", "Syntax error: invalid InfoHash."), ("p foo", "Syntax: p [key] [str]"),
      ("pp foo", "Syntax: pp [key] [str]"),
      ("cl", "Syntax error: invalid InfoHash."), ("cl foo", "Syntax: cl [key] [token]"),
      ("cl foo x", "Syntax: cl [key] [token]"),
      ("cl foo 99999999999999999999", "Syntax: cl [key] [token]"),
      ("cpp foo", "Syntax: cpp [key] [value id in hexadecimal]"),
      ("cpp foo zz", "Syntax: cpp [key] [value id in hexadecimal]"),
      ("cpp foo 0", "Syntax: cpp [key] [value id in hexadecimal]"),
      ("b", "No service provided. Syntax: b hostname:port"),
      ("b host:99999", "'host:99999' is no host. Syntax: b hostname:port"),
      ("g foo WHERE bogus=1", "Error parsing query. (WHERE) wrong token near: bogus"),
      ("p foo \"open", "Syntax error: a quote is not closed."), ("\"", "Syntax error: a quote is not closed."),
      ("s", "Syntax error: invalid InfoHash."), ("s foo", "Syntax: s [key] [str]"),
      ("e foo", "Syntax: e [key] [id of the recipient, 40 or 64 digits] [str]"),
      ("e foo bar x", "Syntax: e [key] [id of the recipient, 40 or 64 digits] [str]"),
      ("e foo \(hex)", "Syntax: e [key] [id of the recipient, 40 or 64 digits] [str]"),
      ("rs", "Syntax: rs [token]"), ("rp", "Syntax: rp [token]"),
      ("pst", "Syntax: pst [port] <pushServer>"), ("pst 0", "Syntax: pst [port] <pushServer>"),
      ("psx x", "Syntax: psx [port] <pushServer>"), ("psp 65536", "Syntax: psp [port]"),
      ("il a", "The command 'il' is not available in this version."),
    ])
  func malformed(line: String, text: String) {
    let error = #expect(throws: ShellSyntaxError.self) { try ShellCommand(line) }
    #expect(error?.text == text)
    #expect(error?.place == .standardError)
  }

  @Test("T-6: an unknown word is told with a hint") func unknown() {
    #expect(
      throws: ShellSyntaxError(
        text: "Unknown command: bogus\n (type 'h' or 'help' for a list of possible commands)", place: .standardOutput)
    ) { try ShellCommand("bogus foo") }
  }
}
