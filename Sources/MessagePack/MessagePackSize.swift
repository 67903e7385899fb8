/// Bytes that the writer takes for an object, without writing it.
public enum MessagePackSize {
  /// An integer that is not negative.
  @inlinable public static func uint64(_ value: UInt64) -> Int {
    value < 0x80 ? 1 : value <= 0xff ? 2 : value <= 0xffff ? 3 : value <= 0xffff_ffff ? 5 : 9
  }

  /// A binary of so many bytes, header included.
  @inlinable public static func binary(_ count: Int) -> Int {
    count + (count <= 0xff ? 2 : count <= 0xffff ? 3 : 5)
  }

  /// A string of so many bytes, header included.
  @inlinable public static func string(_ count: Int) -> Int {
    count + (count < 32 ? 1 : count <= 0xff ? 2 : count <= 0xffff ? 3 : 5)
  }
}
