/// Why bytes could not be read as the MessagePack that was asked for. Offsets count bytes from the first one read.
public enum MessagePackError: Error, Hashable, Sendable {
  /// The bytes end inside an object, or a header promises more than is left.
  case truncated(offset: Int)
  /// Another type stands there than the one asked for.
  case unexpectedType(offset: Int)
  /// A number does not fit the type asked for.
  case outOfRange(offset: Int)
  /// Objects are nested deeper than is followed.
  case tooDeep(offset: Int)
}
