#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif
import DHTJSON

/// What a command prints: results on standard output, messages and progress on standard error.
actor CommandOutput: ShellOutput {
  nonisolated let isTerminal = Descriptor.standardOutput.isTerminal
  nonisolated let isJSON: Bool
  private nonisolated let isQuiet: Bool
  private nonisolated let showsProgress: Bool
  private var progress: Task<Void, Never>?
  private var isProgressShown = false

  init(isJSON: Bool, isQuiet: Bool) {
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    showsProgress = !isQuiet && Descriptor.standardError.isTerminal
  }

  /// A line on standard output.
  func result(_ text: [UInt8]) { raw(text + [0x0a]) }

  /// Bytes on standard output, as they are. A reader that is gone ends the program.
  func raw(_ bytes: [UInt8]) {
    hideProgress()
    if !Descriptor.standardOutput.write(bytes) {
      Descriptor.standardError.write("dht: cannot write the results\n".utf8)
      exit(ExitStatus.cannotWrite.rawValue)
    }
  }

  func json(_ members: [(String, JSON)]) { result(Array(JSON.object(members).description.utf8)) }

  /// A line on standard error, unless quiet was asked for.
  func message(_ text: String) {
    if !isQuiet { error(text) }
  }

  /// A line on standard error.
  func error(_ text: String) {
    hideProgress()
    Descriptor.standardError.write("dht: \(text)\n".utf8)
  }

  /// From a second on, shows a person that the program still works.
  func startProgress(_ label: String) {
    guard showsProgress, progress == nil else { return }
    progress = Task {
      var seconds = 0
      while true {
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
        seconds += 1
        showProgress("\(label) \(seconds) s")
      }
    }
  }

  func stopProgress() {
    progress?.cancel()
    progress = nil
    hideProgress()
  }

  private func showProgress(_ text: String) {
    guard progress != nil else { return }
    Descriptor.standardError.write("\r\u{1b}[K\(text)".utf8)
    isProgressShown = true
  }

  private func hideProgress() {
    guard isProgressShown else { return }
    Descriptor.standardError.write("\r\u{1b}[K".utf8)
    isProgressShown = false
  }
}
