/// What kind of object stands at a place, seen from its first byte.
public enum MessagePackKind: Hashable, Sendable {
  /// nil
  case null
  /// True or false.
  case bool
  /// An integer written in an unsigned form.
  case unsigned
  /// An integer written in a signed form; it may still be positive.
  case signed
  /// A number of 32 or 64 bits with a fraction.
  case float
  /// Text; nothing promises that it is UTF-8.
  case string
  /// Bytes.
  case binary
  /// Objects one after the other, their count first.
  case array
  /// Pairs of objects, a key and what stands under it, their count first.
  case map
  /// Bytes with a type number of the application; the protocol has none.
  case `extension`
  /// 0xc1, which no writer uses.
  case invalid

  @inline(__always) init(tag: UInt8) {
    switch tag {
    case 0x00...0x7f, 0xcc...0xcf: self = .unsigned
    case 0x80...0x8f, 0xde, 0xdf: self = .map
    case 0x90...0x9f, 0xdc, 0xdd: self = .array
    case 0xa0...0xbf, 0xd9...0xdb: self = .string
    case 0xc0: self = .null
    case 0xc2, 0xc3: self = .bool
    case 0xc4...0xc6: self = .binary
    case 0xca, 0xcb: self = .float
    case 0xd0...0xd3, 0xe0...0xff: self = .signed
    case 0xc7...0xc9, 0xd4...0xd8: self = .extension
    default: self = .invalid
    }
  }
}
