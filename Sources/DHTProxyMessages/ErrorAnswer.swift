internal import DHTJSON

/// A refusal: its status and its body, without a line end. (proxy.md §1.4)
public struct ErrorAnswer: Hashable, Sendable {
  /// The status of HTTP.
  public var status: Int
  /// The body.
  public var body: [UInt8]

  /// A refusal in words of ours.
  public init(status: Int, reason: String) {
    self.init(status: status, reason: reason, member: "err")
  }

  /// What to answer to whoever sent a body that cannot be read. Peers answer with the same bytes where they have words for
  /// it; where they blame themselves with a 500, this says what is wrong with a 400.
  public init(_ error: MessageError) {
    switch error {
    case .notJSON: self = .incorrectJSON
    case .bodyTooLong, .valueTooLarge, .tooLong: self.init(status: 413, reason: error.description)
    case .missingBody, .notAnObject, .wrongKind, .outOfRange, .badBase64, .badOwner, .missing, .noToken, .noDestination:
      self.init(status: 400, reason: error.description)
    }
  }

  /// The body is no JSON. The colon in the name is a slip of the first release, and fixed since in the bytes of all.
  public static let incorrectJSON = ErrorAnswer(status: 400, reason: "Incorrect JSON", member: "err:")
  /// A fault of ours.
  public static let internalError = ErrorAnswer(status: 500, reason: "Internal server error")
  /// The put, or the signing or encrypting before it, failed.
  public static let putFailed = ErrorAnswer(status: 502, reason: "Put failed")
  /// There is no node to ask yet.
  public static let noNode = ErrorAnswer(status: 503, reason: "Incorrect DhtRunner")

  /// The words of a refusal that a server sent; nil when it has none.
  public static func reason(in body: [UInt8]) -> String? {
    guard let json = try? JSON(reading: body, within: MessageLimits.json) else { return nil }
    return json["err"]?.string ?? json["err:"]?.string
  }

  private init(status: Int, reason: String, member: String) {
    self.status = status
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { $0.member(member, reason) }
    body = writer.bytes
  }
}
