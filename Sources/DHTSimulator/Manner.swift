public import DHTModel
public import DHTWire

/// How a puppet answers requests when its test does not.
public struct Manner: Sendable {
  /// Which tokens it gives, and takes back.
  public enum Tokens: Sendable, Equatable {
    /// Gives 32 bytes of its own, takes only those.
    case own
    /// Gives its own, and takes none: every put, listen and refresh fails with 401.
    case refused
    /// Gives none; takes any.
    case none
    /// Gives these bytes, whatever they are; takes only those.
    case bytes([UInt8])
  }

  /// Which tokens it gives, and takes back.
  public var tokens = Tokens.own
  /// Requests that it hears and does not answer.
  public var ignores: Set<MessageKind> = []
  /// Time between a request and its answer.
  public var thinkingTime: Duration = .zero
  /// Whether replies to finds and gets hold the nodes it knows.
  public var givesNodes = true
  /// Whether it keeps what is put; it acknowledges anyhow.
  public var storesValues = true
  /// Whether acknowledgements of puts name the value.
  public var namesValues = true
  /// Whether replies tell the asker's address.
  public var tellsAddress = true
  /// Whether listen replies bring a token, as those of 4.x peers do.
  public var givesTokenToListeners = true
  /// Whether its packets carry the client flag.
  public var isClient = false
  /// Its network; requests of others are ignored.
  public var network: NetworkID = 0

  /// An ordinary peer.
  public init() {}

  /// An ordinary peer: answers everything, keeps what it is given, tells listeners.
  public static let ordinary = Manner()
  /// Hears everything and says nothing.
  public static let silent = Manner { $0.ignores = Set(MessageKind.allCases) }
  /// Answers without ever giving a token.
  public static let withoutToken = Manner { $0.tokens = .none }
  /// Refuses every token with 401.
  public static let refusingTokens = Manner { $0.tokens = .refused }

  /// An ordinary peer with some differences.
  public init(_ change: (inout Manner) -> Void) { change(&self) }
  /// An ordinary peer that needs time to answer.
  public static func slow(_ time: Duration) -> Manner { Manner { $0.thinkingTime = time } }
  /// An ordinary peer that does not answer some requests.
  public static func ignoring(_ kinds: MessageKind...) -> Manner { Manner { $0.ignores = Set(kinds) } }
}

/// What a puppet does with one request.
public enum Reaction: Sendable {
  /// What its manner says.
  case ordinary
  /// Nothing is answered, as if the request had been lost.
  case silence
  /// This reply is sent, whatever was asked.
  case reply(Reply)
  /// This error is sent.
  case failure(Failure)
}
