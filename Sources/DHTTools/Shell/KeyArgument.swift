import OpenDHT

/// A key as a person writes it: 40 hexadecimal digits, or any text, which is hashed with SHA-1. (tools.md §3.3)
struct KeyArgument: Equatable {
  var hash: InfoHash
  /// The text that was hashed; nil for digits.
  var text: String?

  /// A zero hash counts as a text.
  init(_ word: String) {
    if let hash = InfoHash(hex: word), hash != .zero {
      self.hash = hash
    } else {
      hash = InfoHash(hashing: word)
      text = word
    }
  }

  /// `Using h(foo) = 0beec7b5…`; nil for digits.
  var note: String? { text.map { "Using h(\($0)) = \(hash)" } }
}
