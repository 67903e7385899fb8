internal import DHTModel
internal import DHTProxyMessages
internal import MessagePack

/// What puts and subscriptions have in common on disk.
struct RegistrationFields {
  var context = PushContext(token: "")
  /// In seconds since 1970.
  var end: Int64?
  var secret: SecretDigest?

  /// Reads what stands under a key; passes over what it does not know.
  @_lifetime(reader: copy reader)
  mutating func read(_ key: MessagePackKey, from reader: inout MessagePackReader) throws(MessagePackError) {
    switch key {
    case .end: end = try reader.readInt64()
    case .clientID: context.clientID = try reader.readText()
    case .sessionID: context.sessionID = try reader.readText()
    case .platform: context.platform = PushPlatform(number: try reader.readInt64())
    case .token: context.token = try reader.readText()
    case .topic: context.topic = try reader.readText()
    case .secret: secret = SecretDigest(bytes: try reader.readBytes())
    default: try reader.skip()
    }
  }
}

extension MessagePackKey {
  static let end = MessagePackKey("exp")
  static let clientID = MessagePackKey("cid")
  static let sessionID = MessagePackKey("sid")
  static let platform = MessagePackKey("t")
  static let token = MessagePackKey("token")
  static let topic = MessagePackKey("top")
  static let secret = MessagePackKey("sec")
}

extension PushPlatform {
  /// The number that stands for it on disk; 0 for those without a name.
  var number: UInt64 {
    switch self {
    case .android: 1
    case .iOS: 2
    case .unifiedPush: 3
    default: 0
    }
  }

  init(number: Int64) {
    self =
      switch number {
      case 1: .android
      case 2: .iOS
      case 3: .unifiedPush
      default: .none
      }
  }
}

extension MessagePackWriter {
  mutating func write(_ key: MessagePackKey, _ text: String) {
    writeKey(key)
    writeString(text)
  }

  mutating func write(_ secret: SecretDigest?) {
    guard let secret else { return }
    writeKey(.secret)
    writeBinary(secret.bytes)
  }
}

extension MessagePackReader {
  @_lifetime(self: copy self)
  mutating func readBytes() throws(MessagePackError) -> [UInt8] {
    let range = try readStringOrBinary()
    return range.map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }

  // Texts that are no UTF-8 are mended: they came as JSON, which is.
  @_lifetime(self: copy self)
  mutating func readText() throws(MessagePackError) -> String { String(decoding: try readBytes(), as: UTF8.self) }

  @_lifetime(self: copy self)
  mutating func readKeyHash() throws(MessagePackError) -> InfoHash {
    let start = offset
    guard let hash = InfoHash(bytes: try readBytes()) else { throw .unexpectedType(offset: start) }
    return hash
  }
}
