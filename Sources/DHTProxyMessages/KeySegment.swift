public import DHTModel

/// The part of a path that names a key, read as it stands, without undoing escapes. (proxy.md §2)
public enum KeySegment: Hashable, Sendable {
  /// The key itself: 40 hexadecimal digits, and not all of them zero. What follows them is ignored.
  case hash(InfoHash)
  /// A name; its SHA-1 is the key.
  case name([UInt8])

  /// Reads a segment; nil when it is empty.
  public init?(_ segment: some Collection<UInt8>) {
    guard !segment.isEmpty else { return nil }
    let digits = String(decoding: segment.prefix(2 * InfoHash.byteCount), as: UTF8.self)
    if let hash = InfoHash(hex: digits), hash != .zero { self = .hash(hash) } else { self = .name(Array(segment)) }
  }
}
