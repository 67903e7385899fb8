/// Columns that a character takes on a terminal: 0, 1 or 2.
func displayWidth(_ character: Character) -> Int {
  var width = 0
  for scalar in character.unicodeScalars {
    // VS16 asks for the emoji form, which is two columns wide.
    if scalar == "\u{fe0f}" { return 2 }
    width = max(width, displayWidth(scalar))
  }
  return width
}

/// Columns of a text without line ends.
func displayWidth(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + displayWidth($1) } }

private func displayWidth(_ scalar: Unicode.Scalar) -> Int {
  if scalar.value < 0x7f { return scalar.value < 0x20 ? 0 : 1 }
  switch scalar.properties.generalCategory {
  case .nonspacingMark, .enclosingMark, .format, .control: return 0
  default: break
  }
  if scalar.properties.isEmojiPresentation { return 2 }
  return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
}

// Wide and fullwidth characters of Unicode's EastAsianWidth.txt, neighbouring blocks joined.
private let wideRanges: [ClosedRange<UInt32>] = [
  0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf, 0xa960...0xa97f,
  0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x16fe0...0x18cff,
  0x1b000...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd,
]
