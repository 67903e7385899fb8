/// Numbers of the wire format, from `Docs/spec/wire.md`; deployed peers use the same.
public enum WireLimits {
  /// Packed bytes of all values together, below which they stand inline. (§7.1: 599 inline, 600 not)
  public static let inlineValueBytes = 600
  /// Count of values below which they stand inline. (§7.1)
  public static let inlineValueCount = 50
  /// Bytes of a value in one part. (§7.1)
  public static let partBytes = 1280
  /// Largest packed value that is accepted, in bytes. (§7)
  public static let packedValueBytes = 65568
  /// Bytes of an owner's key, DER or PEM: peers cannot pack more than 2048 of DER. (crypto.md §1.3)
  public static let ownerBytes = 4096
  /// Nodes per family in a reply. (§4.1)
  public static let nodesPerReply = 8
  /// Pause after the last useful part until a reassembly is given up. (§7.2)
  public static let partPause: Duration = .seconds(3)
  /// Time for a whole reassembly. (§7.2)
  public static let reassemblyTime: Duration = .seconds(10)
  /// Early part messages kept per reassembly. (§7.2)
  public static let earlyPartCount = 98
  /// Bytes of early parts kept per reassembly. (§7.2)
  public static let earlyPartBytes = 122_912
  /// Nesting that is followed in unknown keys. (§13: 16 is ample)
  public static let nestingDepth = 16
}
