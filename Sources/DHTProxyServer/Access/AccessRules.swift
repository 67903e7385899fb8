public import DHTModel
public import DHTSecurity

/// Who may do what. By default anybody may read, put and subscribe, as with every proxy of the network; the node's
/// identity is for nobody, and only the machine itself looks into the server.
///
///     var rules = AccessRules()
///     rules.open = [.read]                                      // what needs no credential
///     rules.tokens = try TokenTable(parsing: file)              // Authorization: Bearer …
///     rules.certificates.append(.init(.issuedBy(authorities), groups: [.read, .write]))
public struct AccessRules: Sendable {
  /// What client certificates open.
  public struct CertificateRule: Sendable {
    /// How a certificate is known.
    public enum Holder: Sendable {
      /// By its key: the certificate itself may be renewed.
      case key(InfoHash)
      /// By the long id of its key.
      case longKey(PublicKeyID)
      /// By an authority that issued it, which has not revoked it, today.
      case issuedBy(TrustList)
    }

    /// Whose certificates.
    public var holder: Holder
    /// What they open.
    public var groups: Set<RouteGroup>

    /// A rule.
    public init(_ holder: Holder, groups: Set<RouteGroup>) {
      self.holder = holder
      self.groups = groups
    }
  }

  /// What anybody may do.
  public var open: Set<RouteGroup> = [.read, .write, .permanent, .push]
  /// What whoever asks from the machine itself may do as well. Take `operations` out behind a reverse proxy on the same
  /// machine: all its requests come from there.
  public var openOnLoopback: Set<RouteGroup> = [.operations]
  /// Tokens, and what they open.
  public var tokens = TokenTable()
  /// Certificates, and what they open.
  public var certificates: [CertificateRule] = []

  /// The defaults.
  public init() {}
}

extension AccessRules {
  /// What a client showed of itself.
  struct Credentials {
    var address: IPAddress
    /// What stands in the header `Authorization`, if there is one.
    var authorization: [UInt8]?
    /// What its certificate opens, judged once for each connection; see `groups(of:at:)`.
    var certificateGroups: Set<RouteGroup> = []
  }

  /// Who it is, for limits, or why it may not.
  enum Decision: Equatable {
    case allowed(Client, limits: ClientLimits?)
    case refused(Refusal)
  }

  /// Decides about a request. A token that is not known is refused even where none is needed: its holder believes to be
  /// somebody. Authorizations of other schemes are for somebody else, and pass unseen.
  func decide(_ group: RouteGroup, _ credentials: Credentials) -> Decision {
    var client = Client(credentials.address)
    var groups = open.union(credentials.certificateGroups)
    if credentials.address.unmapped.isLoopback { groups.formUnion(openOnLoopback) }
    var limits: ClientLimits?
    var isKnown = !credentials.certificateGroups.isEmpty
    if let token = credentials.authorization.flatMap(Self.bearerToken) {
      guard let place = tokens.place(of: token) else { return .refused(.unauthorized(isKnown: false)) }
      let entry = tokens.entries[place]
      groups.formUnion(entry.groups)
      (client, limits, isKnown) = (.token(place), entry.limits, true)
    }
    if groups.contains(group) { return .allowed(client, limits: limits) }
    let wouldHelp =
      tokens.entries.contains { $0.groups.contains(group) } || certificates.contains { $0.groups.contains(group) }
    return .refused(isKnown || !wouldHelp ? .forbidden(group) : .unauthorized(isKnown: true))
  }

  /// What the certificate of a connection opens. Judging a chain takes signatures: once for each connection.
  func groups(of certificate: Certificate, at date: WallTime? = nil) -> Set<RouteGroup> {
    certificates.reduce(into: []) { groups, rule in
      let fits =
        switch rule.holder {
        case .key(let id): certificate.id == id
        case .longKey(let id): certificate.longID == id
        case .issuedBy(let trust): trust.verify(certificate, at: date).isValid
        }
      if fits { groups.formUnion(rule.groups) }
    }
  }

  /// The token of `Bearer …`, scheme in any case (RFC 9110 §11.1); nil for another scheme.
  static func bearerToken(_ authorization: [UInt8]) -> [UInt8]? {
    let scheme = authorization.prefix(7)
    guard scheme.count == 7, scheme.map({ $0 | 0x20 }) == Array("bearer ".utf8) else { return nil }
    return Array(authorization.dropFirst(7).drop { $0 == UInt8(ascii: " ") })
  }
}
