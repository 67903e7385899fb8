internal import DHTJSON
public import DHTModel

/// What a client sends to have a value signed by the server's node, and put: `POST /key/KEY/sign`. (proxy.md §11.3)
public struct SignBody: Hashable, Sendable {
  /// What is to be signed; with id 0 the server chooses one. A signature of its own is not looked at.
  public var value: Value

  /// A value to sign.
  public init(_ value: Value) { self.value = value }

  /// Reads a body.
  ///
  /// - Throws: what cannot be read, or that the value is larger than nodes store.
  public init(reading body: [UInt8]) throws(MessageError) {
    guard !body.isEmpty else { throw .missingBody }
    value = try Value(jsonBody: body)
    try value.checkSize()
  }

  /// The body as clients write it; without a line end.
  public func bytes(for release: PeerRelease = .v4) -> [UInt8] { value.json(ValueExtras(), for: release) }
}
