#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif
internal import DHTModel

/// Files of keys: read whole, written whole or not at all.
package enum SecureFile {
  /// All bytes of a file, or `limit` + 1 of a larger one, which the reader then refuses.
  package static func read(_ path: String, limit: Int) throws(SecurityError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(path: path, code: errno) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while bytes.count <= limit {
      let count = buffer.withUnsafeMutableBytes { readSome(descriptor, $0) }
      if count < 0 {
        guard errno == EINTR else { throw .file(path: path, code: errno) }
        continue
      }
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    return Array(bytes.prefix(limit + 1))
  }

  /// Bytes for a place. The mode holds from the first byte on, whatever the umask allows.
  struct Content {
    let bytes: [UInt8]
    let path: String
    let mode: mode_t
  }

  /// Writes all beside their places, syncs, and moves them there when every one is written, in the order given.
  static func write(_ contents: [Content]) throws(SecurityError) {
    var written: [(temporary: String, path: String)] = []
    // What was moved is no longer there; nobody else has such a name.
    defer { for file in written { unlink(file.temporary) } }
    for content in contents { written.append((try writeBeside(content), content.path)) }
    for file in written where rename(file.temporary, file.path) != 0 { throw .file(path: file.path, code: errno) }
    for file in written { syncFolder(of: file.path) }
  }

  /// Code of the error that a file is there already.
  static let alreadyThere = EEXIST

  /// Whether something stands in a place, or cannot be looked at.
  package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 || errno != ENOENT }

  /// The name of the file beside the place.
  private static func writeBeside(_ content: Content) throws(SecurityError) -> String {
    let path = content.path
    let temporary = "\(path).\(hexString(randomBytes(8)))"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, content.mode)
    guard descriptor >= 0 else { throw .file(path: path, code: errno) }
    var code = writeAll(content.bytes, to: descriptor)
    if code == 0, fsync(descriptor) != 0 { code = errno }
    if close(descriptor) != 0, code == 0 { code = errno }
    guard code == 0 else {
      unlink(temporary)
      throw .file(path: path, code: code)
    }
    return temporary
  }

  private static func readSome(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    #if canImport(Darwin)
      Darwin.read(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.read(descriptor, buffer.baseAddress, buffer.count)
    #else
      Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }

  /// 0, or the error.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let piece = UnsafeRawBufferPointer(rebasing: rest)
        #if canImport(Darwin)
          let count = Darwin.write(descriptor, piece.baseAddress, piece.count)
        #elseif canImport(Musl)
          let count = Musl.write(descriptor, piece.baseAddress, piece.count)
        #else
          let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
        #endif
        if count < 0 {
          if errno == EINTR { continue }
          return errno
        }
        rest = rest.dropFirst(count)
      }
      return 0
    }
  }

  /// So that the move outlives a loss of power. Some file systems cannot; the file is whole all the same.
  private static func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
