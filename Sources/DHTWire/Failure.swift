/// An error answer. The text is never interpreted; only the code counts. (wire.md §3.11)
public struct Failure: Hashable, Sendable {
  /// What went wrong: 203, 401 or 404.
  public var code: UInt16
  /// Text as bytes, at most 128 kept.
  public var text: [UInt8]

  /// An error with a text.
  public init(code: UInt16, text: String) {
    self.code = code
    self.text = Array(text.utf8)
  }

  /// An error with the bytes of a text.
  public init(code: UInt16, text: [UInt8]) {
    self.code = code
    self.text = text
  }

  /// A get had no key.
  public static let getWithoutKey = Failure(code: 203, text: "Get_values with no info_hash")
  /// A listen had no key.
  public static let listenWithoutKey = Failure(code: 203, text: "Listen with no info_hash")
  /// A put had no key.
  public static let putWithoutKey = Failure(code: 203, text: "Put with no info_hash")
  /// A put had a value with the id 0.
  public static let putWithoutID = Failure(code: 203, text: "Put with invalid ID")
  /// The token of a listen is not ours.
  public static let listenWithWrongToken = Failure(code: 401, text: "Listen with incorrect token")
  /// The token of a put or refresh is not ours.
  public static let putWithWrongToken = Failure(code: 401, text: "Put with incorrect token")
  /// Nothing is stored under the key of a refresh.
  public static let unknownStorage = Failure(code: 404, text: "Access operation for unknown storage")
}
