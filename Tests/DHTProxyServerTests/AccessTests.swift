import DHTModel
import DHTProxyMessages
import DHTSecurity
import Testing

@testable import DHTProxyServer

private let stranger = IPAddress(ipv4: 0x0808_0808)
private let loopback = IPAddress(ipv6High: 0, low: 0xffff_7f00_0001)
// SHA-256 of "test" and of "foo".
private let file = """
  # tokens of the house
  9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  read,identity  requests=5 burst=7  # a phone

  2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae all
  """

private func decide(
  _ rules: AccessRules, _ group: RouteGroup, from address: IPAddress = stranger, _ authorization: String? = nil,
  certificate: Set<RouteGroup> = []
) -> AccessRules.Decision {
  rules.decide(
    group, .init(address: address, authorization: authorization.map { Array($0.utf8) }, certificateGroups: certificate))
}

@Suite struct AccessTests {
  @Test("§16: by default all is open but the identity, and the operations from elsewhere")
  func defaults() {
    let rules = AccessRules()
    for group in [RouteGroup.read, .write, .permanent, .push] {
      #expect(decide(rules, group) == .allowed(Client(stranger), limits: nil))
    }
    #expect(decide(rules, .operations, from: loopback) == .allowed(Client(loopback), limits: nil))
    #expect(decide(rules, .operations) == .refused(.forbidden(.operations)))
    #expect(decide(rules, .identity, from: loopback) == .refused(.forbidden(.identity)))
    #expect(decide(rules, .read, "Basic dGVzdDo=") == .allowed(Client(stranger), limits: nil), "for somebody else")
  }

  @Test("§16: a token opens its groups, and brings its limits")
  func tokens() throws {
    var rules = AccessRules()
    rules.open = []
    rules.tokens = try TokenTable(parsing: file)
    #expect(decide(rules, .read) == .refused(.unauthorized(isKnown: true)))
    #expect(
      decide(rules, .read, "Bearer test")
        == .allowed(.token(0), limits: ClientLimits(requestsPerSecond: 5, requestBurst: 7)))
    #expect(decide(rules, .identity, "bEARER   foo") == .allowed(.token(1), limits: nil))
    #expect(decide(rules, .write, "Bearer test") == .refused(.forbidden(.write)))
    #expect(decide(rules, .read, "Bearer Test") == .refused(.unauthorized(isKnown: false)))
    #expect(decide(rules, .read, "Bearer ") == .refused(.unauthorized(isKnown: false)))
    rules.open = [.read]
    #expect(decide(rules, .read, "Bearer wrong") == .refused(.unauthorized(isKnown: false)), "told, even where open")
  }

  @Test("refusals carry what their receivers need")
  func refusals() {
    let needed = Refusal.unauthorized(isKnown: true)
    #expect(needed.answer.status == 401 && needed.header?.name == "WWW-Authenticate")
    #expect(Refusal.unauthorized(isKnown: false).header?.value == #"Bearer realm="dht", error="invalid_token""#)
    #expect(Refusal.forbidden(.write).answer.status == 403)
    let all: [Refusal] = [
      .tooFast(retryAfter: .zero), .tooMany(.connection), .tooMany(.listen), .tooMany(.stream), .tooManyKeys,
      .unauthorized(isKnown: true), .forbidden(.read), .cutOff(reason: ""),
    ]
    #expect(all.map(\.label) == Refusal.labels)
  }

  @Test("a certificate opens groups by its key, or by who issued it")
  func certificates() throws {
    let authority = try Identity.generateAuthority(name: "authority")
    let phone = try Identity.generate(name: "phone", bits: 2048, authority: authority)
    let other = try Identity.generateAuthority(name: "other")
    var trust = TrustList()
    trust.add(authority.certificate)
    var rules = AccessRules()
    rules.certificates = [
      .init(.issuedBy(trust), groups: [.read]), .init(.key(phone.certificate.id), groups: [.write]),
      .init(.longKey(other.certificate.longID), groups: [.push]),
    ]
    #expect(rules.groups(of: phone.certificate) == [.read, .write])
    #expect(rules.groups(of: other.certificate) == [.push])
    rules.open = []
    #expect(decide(rules, .write, certificate: [.write]) == .allowed(Client(stranger), limits: nil))
    #expect(decide(rules, .push, certificate: [.write]) == .refused(.forbidden(.push)))
    #expect(decide(rules, .read) == .refused(.unauthorized(isKnown: true)))
  }

  @Test(
    "a wrong line of the file of tokens is named",
    arguments: [
      ("x read", 1), ("\n9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 2),
      ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 reed", 1),
      ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 read requests=-1", 1),
      ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 read speed=1", 1),
      (file + "\n" + file, 6),
    ])
  func wrongLines(text: String, line: Int) {
    #expect { try TokenTable(parsing: text) } throws: { ($0 as? TokenTable.ParsingError)?.line == line }
  }
}
