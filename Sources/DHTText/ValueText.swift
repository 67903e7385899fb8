package import OpenDHT

/// A value for people: `Value[id:992ec4b0ca3eaa12 data(text/plain):"hello"]`. (tools.md §4.3)
///
/// Bytes, not text: a plain text is shown as it was put, whatever its bytes are. For a terminal, what could steer it is
/// shown as `\x1b`: the bytes were written by strangers.
package func valueText(_ value: Value, forTerminal: Bool = false) -> [UInt8] {
  var text = Array("Value[id:\(idText(value.id)) ".utf8)
  if let signature = value.signature {
    text += "signed (v\(signature.sequence)) \(value.wasEncrypted ? "decrypted " : "")".utf8
  }
  if let body = value.body { text += bodyText(body) } else { text += "encrypted ".utf8 }
  text += "]".utf8
  return forTerminal ? terminalSafe(text) : text
}

/// A value id as every tool of the network prints it: hexadecimal, no leading zeros.
package func idText(_ id: Value.ID) -> String { String(id, radix: 16) }

/// From this many bytes on, data is shown by its size only.
private let longestHexBytes = 1024

private func bodyText(_ body: Value.Body) -> [UInt8] {
  switch body.type {
  case ServiceAnnouncement.typeNumber:
    guard let service = ServiceAnnouncement(body.data) else { return [] }
    return Array("Peer: port \(service.address.port) addr \(service.address)".utf8)
  case 8:  // a certificate
    return Array("Certificate".utf8)
  default:
    var text = Array("data".utf8)
    if !body.userTypeBytes.isEmpty { text += Array("(".utf8) + body.userTypeBytes + Array(")".utf8) }
    text += ":".utf8
    if body.userTypeBytes.elementsEqual("text/plain".utf8) {
      text += Array("\"".utf8) + body.data + Array("\"".utf8)
    } else if body.data.count < longestHexBytes {
      text += hexString(body.data).utf8
    } else {
      text += "\(body.data.count) bytes".utf8
    }
    return text
  }
}
