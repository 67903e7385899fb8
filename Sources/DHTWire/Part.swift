/// Pieces of values that were too large for their message. (wire.md §7)
public struct Part: Hashable, Sendable {
  /// Some bytes of one packed value.
  public struct Piece: Hashable, Sendable {
    /// Position in the message's list of sizes.
    public var index: Int
    /// Bytes before this piece.
    public var offset: Int
    /// The bytes.
    public var bytes: [UInt8]

    /// Some bytes at a place.
    public init(index: Int, offset: Int, bytes: [UInt8]) {
      self.index = index
      self.offset = offset
      self.bytes = bytes
    }
  }
  /// Pieces, usually one.
  public var pieces: [Piece]

  /// A part of the given pieces.
  public init(pieces: [Piece]) { self.pieces = pieces }
}
