/// What a node did with a push that it was handed. The numbers are those of peers. (proxy.md §8.7)
public enum PushResult: UInt8, Hashable, Sendable {
  /// A permanent value is put again, since the server would soon forget it.
  case putRefresh = 0
  /// A subscription is renewed, since the server would soon forget it.
  case listenRefresh = 1
  /// Values are fetched; the listens of the key tell what is new, and what is gone.
  case values = 2
  /// Values are gone; the listens of the key tell.
  case valuesExpired = 3
  /// It is for an earlier run of this program.
  case wrongSession = 0x80
  /// There is nothing to do: for a key or value that nobody asks for any more, or only a test.
  case noOperation = 0x81
  /// The node does not run.
  case stopped = 0x82
  /// The node has no push token, or uses no proxy.
  case unsupported = 0x83
  /// It could not be read.
  case error = 0x84
}
