internal import DHTJSON
public import DHTModel

/// What a client sends to put a value: `POST /key/KEY`. (proxy.md §5.2)
///
///     let body = try PutBody(reading: bytes)          // server
///     let bytes = PutBody(value).bytes()              // client
public struct PutBody: Hashable, Sendable {
  /// The value; with id 0 the server chooses one.
  public var value: Value
  /// Whether, and how, the server is to keep it alive.
  public var permanence: Permanence?

  /// A put.
  public init(_ value: Value, permanence: Permanence? = nil) {
    self.value = value
    self.permanence = permanence
  }

  /// Reads a body.
  ///
  /// - Throws: what cannot be read, or that the value is larger than nodes store.
  public init(reading body: [UInt8]) throws(MessageError) {
    guard !body.isEmpty else { throw .missingBody }
    let json = try JSON(body: body)
    value = try Value(json)
    permanence = try Permanence(json)
    try value.checkSize()
  }

  /// The body as clients of that release write it; without a line end.
  ///
  /// An empty `data` is better left out: 2.4.12 reads two zero bytes from it, and none when it is not there. (proxy.md §3.3)
  public func bytes(for release: PeerRelease = .v4, leavingOutEmptyData: Bool = false) -> [UInt8] {
    value.json(ValueExtras(permanence: permanence, leavesOutEmptyData: leavingOutEmptyData), for: release)
  }
}
