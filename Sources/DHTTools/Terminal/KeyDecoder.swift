/// Bytes of a terminal to keys: UTF-8, control characters, and the escape sequences of xterm, Linux and their kin.
///
/// Sequences may come in pieces. What is not understood is swallowed whole, so that no rest of it is typed as text.
struct KeyDecoder {
  private enum State {
    case ground
    case escape
    /// `ESC [`, then parameter bytes.
    case sequence([UInt8])
    /// `ESC O`, one letter follows.
    case single
    /// A UTF-8 scalar that lacks this many bytes.
    case scalar([UInt8], missing: Int)
  }
  private var state = State.ground
  /// Longer parameters belong to no key.
  private static let longestParameters = 16

  /// The key that this byte completes; nil when it completes none.
  mutating func take(_ byte: UInt8) -> Key? {
    switch state {
    case .ground: return ground(byte)
    case .escape: return escape(byte)
    case .single:
      state = .ground
      return letterKey(byte, modified: false)
    case .sequence(let parameters): return sequence(parameters, byte)
    case .scalar(let bytes, let missing): return scalar(bytes, missing, byte)
    }
  }

  private mutating func ground(_ byte: UInt8) -> Key? {
    state = .ground
    switch byte {
    case 0x0a, 0x0d: return .enter
    case 0x09: return .tab
    case 0x08, 0x7f: return .backspace
    case 0x1b:
      state = .escape
      return nil
    case 0x01...0x1a: return .control(Character(Unicode.Scalar(byte + 0x60)))
    case 0x20..<0x7f: return .text(Unicode.Scalar(byte))
    case 0xc2..<0xe0: state = .scalar([byte], missing: 1)
    case 0xe0..<0xf0: state = .scalar([byte], missing: 2)
    case 0xf0..<0xf5: state = .scalar([byte], missing: 3)
    default: break
    }
    return nil
  }

  private mutating func escape(_ byte: UInt8) -> Key? {
    state = .ground
    switch byte {
    case UInt8(ascii: "["): state = .sequence([])
    case UInt8(ascii: "O"): state = .single
    case UInt8(ascii: "b"): return .wordLeft
    case UInt8(ascii: "f"): return .wordRight
    case 0x7f: return .control("w")
    case 0x1b: state = .escape
    case 0x0d: return .enter
    default: break
    }
    return nil
  }

  private mutating func sequence(_ parameters: [UInt8], _ byte: UInt8) -> Key? {
    switch byte {
    case 0x20..<0x40 where parameters.count < Self.longestParameters:
      state = .sequence(parameters + [byte])
      return nil
    case 0x20..<0x40:
      return nil
    case 0x40..<0x7f:
      state = .ground
      if byte == UInt8(ascii: "~") { return numberKey(parameters) }
      return letterKey(byte, modified: parameters.contains(UInt8(ascii: ";")))
    default:
      // A control character within: the sequence was broken off.
      return ground(byte)
    }
  }

  private mutating func scalar(_ bytes: [UInt8], _ missing: Int, _ byte: UInt8) -> Key? {
    guard (0x80..<0xc0).contains(byte) else { return ground(byte) }
    guard missing == 1 else {
      state = .scalar(bytes + [byte], missing: missing - 1)
      return nil
    }
    state = .ground
    let text = String(validating: bytes + [byte], as: UTF8.self)
    guard let scalar = text?.unicodeScalars.first, scalar.properties.generalCategory != .control else { return nil }
    return .text(scalar)
  }
}

private func letterKey(_ letter: UInt8, modified: Bool) -> Key? {
  switch letter {
  case UInt8(ascii: "A"): .up
  case UInt8(ascii: "B"): .down
  case UInt8(ascii: "C"): modified ? .wordRight : .right
  case UInt8(ascii: "D"): modified ? .wordLeft : .left
  case UInt8(ascii: "H"): .home
  case UInt8(ascii: "F"): .end
  case UInt8(ascii: "M"): .enter
  default: nil
  }
}

private func numberKey(_ parameters: [UInt8]) -> Key? {
  switch String(decoding: parameters.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self) {
  case "1", "7": .home
  case "4", "8": .end
  case "3": .delete
  default: nil
  }
}
