import ArgumentParser
import DHTSimulator

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A file with a line for every packet. Closed when the program ends.
final class TraceFile {
  private let file: UnsafeMutablePointer<FILE>

  init(path: String) throws {
    guard let file = fopen(path, "w") else {
      throw ValidationError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    self.file = file
  }

  deinit { fclose(file) }

  func write(_ entry: TraceEntry) { fputs("\(entry)\n", file) }
}
