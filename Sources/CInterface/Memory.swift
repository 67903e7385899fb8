internal import COpenDHT

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

// Bytes and texts on their way to and from C.

/// A copy of some bytes of C's; none for NULL.
func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  start.map { Array(UnsafeBufferPointer(start: $0, count: max(0, count))) } ?? []
}

/// The same for `char`.
func bytes(_ start: UnsafePointer<CChar>?, _ count: Int) -> [UInt8] {
  start.map { $0.withMemoryRebound(to: UInt8.self, capacity: max(0, count)) { bytes($0, count) } } ?? []
}

/// A text of C's; nil for NULL and for an empty one. What is no UTF-8 is repaired.
func text(_ start: UnsafePointer<CChar>?) -> String? {
  guard let start, start.pointee != 0 else { return nil }
  return String(cString: start)
}

/// A copy for C to free(3), with a zero after its end.
func allocated(_ bytes: some Collection<UInt8>) -> UnsafeMutablePointer<CChar>? {
  let count = bytes.count
  guard let memory = malloc(count + 1) else { return nil }
  let start = memory.bindMemory(to: UInt8.self, capacity: count + 1)
  _ = UnsafeMutableBufferPointer(start: start, count: count).update(fromContentsOf: bytes)
  start[count] = 0
  return UnsafeMutableRawPointer(start).assumingMemoryBound(to: CChar.self)
}

/// A copy of a text for C to free(3).
func allocated(_ text: String) -> UnsafeMutablePointer<CChar>? { allocated(Array(text.utf8)) }

/// A copy of an array for C to free(3); NULL when it is empty.
func allocated<Element: BitwiseCopyable>(array: [Element]) -> UnsafeMutablePointer<Element>? {
  guard !array.isEmpty, let memory = malloc(array.count * MemoryLayout<Element>.stride) else { return nil }
  let start = memory.bindMemory(to: Element.self, capacity: array.count)
  _ = UnsafeMutableBufferPointer(start: start, count: array.count).initialize(fromContentsOf: array)
  return start
}

/// Writes a text and its terminator into a buffer, cut to what fits.
func write(_ text: some StringProtocol, to buffer: UnsafeMutablePointer<CChar>, size: Int) {
  guard size > 0 else { return }
  var place = 0
  for byte in text.utf8.prefix(size - 1) {
    buffer[place] = CChar(bitPattern: byte)
    place += 1
  }
  buffer[place] = 0
}

/// Remembers why a function failed, for `odht_error`.
func fail(_ reason: some CustomStringConvertible) {
  write(reason.description, to: opendht_error_buffer(), size: Int(OPENDHT_ERROR_SIZE))
}

/// The result of some work; nil, with its reason remembered, when it throws.
func attempt<Result>(_ work: () throws -> Result) -> Result? {
  do {
    return try work()
  } catch {
    fail("\(error)")
    return nil
  }
}

/// Whether some work succeeds; the reason why not is remembered.
func succeeds(_ work: () throws -> Void) -> Bool { attempt(work) != nil }
