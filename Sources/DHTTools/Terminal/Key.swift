/// What a person pressed.
enum Key: Equatable {
  case text(Unicode.Scalar)
  case enter, tab, backspace, delete
  case left, right, up, down, home, end
  case wordLeft, wordRight
  /// A letter with the control key, in lower case.
  case control(Character)
}
