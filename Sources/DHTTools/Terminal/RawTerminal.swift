#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A terminal that hands over each key at once and shows nothing by itself; the old settings come back at the end.
struct RawTerminal: Sendable {
  private let settings: termios

  /// Switches standard input; nil when that is no terminal.
  init?() {
    var settings = termios()
    guard tcgetattr(0, &settings) == 0 else { return nil }
    self.settings = settings
    var raw = settings
    raw.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
    raw.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
    // Output stays as it was: a plain line end goes on working for everything that is printed.
    guard tcsetattr(0, TCSADRAIN, &raw) == 0 else { return nil }
  }

  func restore() {
    var settings = settings
    tcsetattr(0, TCSADRAIN, &settings)
  }

  /// Columns of the terminal that standard output is; 80 when it does not say.
  static var columns: Int {
    var size = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
