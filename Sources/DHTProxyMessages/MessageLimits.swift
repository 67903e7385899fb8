internal import DHTJSON

/// What a message may be at most. Deployed peers have no such limits; every message they write is far below.
public enum MessageLimits {
  /// Bytes of a body, and of one line of a stream. A value of 64 KiB is 88 KiB in Base64; where each character of that is
  /// written as an escape, six times as much.
  public static let bodyBytes = 1 << 20
  /// Bytes of a push token. For UnifiedPush it is a URL.
  public static let tokenBytes = 4096
  /// Bytes of a client id, session id, platform or topic. A topic of UnifiedPush holds two keys in Base64.
  public static let textBytes = 1024
  /// Bytes of an owner's key in DER, as on the wire. (crypto.md §1.3)
  public static let ownerBytes = 4096

  // The deepest message of a peer has four levels and 40 values.
  static let json = JSONLimits(byteCount: bodyBytes, depth: 64, valueCount: 4096)
}
