internal import NIOCore
internal import NIOHTTP1

// Answers as bytes of HTTP/1.1, in the order that peers have them. (proxy.md §1.2)
//
//   HTTP/1.1 200 OK
//   Connection: keep-alive
//   Content-Length: 57                  not when streamed
//   Server: RESTinio
//   Content-Type: application/json
//   Access-Control-Allow-Origin: *
//   Transfer-Encoding: chunked          only when streamed
extension ByteBuffer {
  /// What most heads take, without their body.
  static var headCapacity: Int { 192 }

  /// Appends a head; `length` is nil when the body is streamed.
  mutating func writeHead(_ answer: Answer, length: Int?, keepsAlive: Bool) {
    writeStatusLine(answer.status)
    writeStaticString(keepsAlive ? "Connection: keep-alive\r\n" : "Connection: close\r\n")
    if let length {
      writeStaticString("Content-Length: ")
      writeDecimal(length)
      writeStaticString("\r\n")
    }
    writeStaticString("Server: RESTinio\r\nContent-Type: ")
    writeString(answer.contentType)
    writeStaticString("\r\nAccess-Control-Allow-Origin: *\r\n")
    if length == nil { writeStaticString("Transfer-Encoding: chunked\r\n") }
    for (name, value) in answer.fields { writeString("\(name): \(value)\r\n") }
    writeStaticString("\r\n")
  }

  private mutating func writeStatusLine(_ status: Int) {
    guard status != 200 else {
      writeStaticString("HTTP/1.1 200 OK\r\n")
      return
    }
    writeString("HTTP/1.1 \(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)\r\n")
  }

  /// Appends a chunk with its size. An empty one would end the stream, and is left out.
  mutating func writeChunk(_ bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return }
    writeString(String(bytes.count, radix: 16, uppercase: true))
    writeStaticString("\r\n")
    writeBytes(bytes)
    writeStaticString("\r\n")
  }

  /// Appends the end of a stream.
  mutating func writeLastChunk() { writeStaticString("0\r\n\r\n") }

  private mutating func writeDecimal(_ number: Int) { writeString(String(number)) }
}
