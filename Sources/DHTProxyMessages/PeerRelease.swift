/// Whose bytes are written: where releases of the network's proxies differ, they differ by these two. (proxy.md §1.6)
public enum PeerRelease: Hashable, Sendable {
  /// As 2.4.12 writes: no push types, `owner` ends with a zero byte, Gorush's older members.
  case v2
  /// As 4.3.1 writes. Readers of 2.4.12 take this too.
  case v4
}
