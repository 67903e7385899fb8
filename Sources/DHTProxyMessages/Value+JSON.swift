internal import DHTJSON
public import DHTModel

// A value as an object. (proxy.md §3)
//
//   {"data":"aGVsbG8=","id":"7","prio":5,"pt":"msg","type":3,"utype":"text/plain"}      plain
//   {"data":…,"id":…,"owner":"-----BEGIN…","seq":0,"sig":…,"to":"5df5…","type":…}       signed
//   {"cypher":"AAECAwQ…","id":"1"}                                                      encrypted
extension Value {
  /// The value as a line, the body of an answer to a put, or a line of a get. The line end is there.
  public func jsonLine(for release: PeerRelease = .v4) -> [UInt8] {
    json(ValueExtras(), for: release) + [UInt8(ascii: "\n")]
  }

  /// The line of a listen that says that a value is gone: all of it once more, and `expired`.
  public func expiryLine(for release: PeerRelease = .v4) -> [UInt8] {
    json(ValueExtras(isExpired: true), for: release) + [UInt8(ascii: "\n")]
  }

  /// Reads a value from a body. What peers ignore is ignored: unknown members, members of another kind, a signature
  /// without an owner and an owner without a signature.
  ///
  /// - Throws: what cannot be read, in words for whoever sent it.
  public init(jsonBody body: [UInt8]) throws(MessageError) {
    try self.init(try JSON(body: body))
  }
}

/// What an object says beside the value.
struct ValueExtras {
  var isExpired = false
  var permanence: Permanence?
  var leavesOutEmptyData = false
}

extension Value {
  // Members in byte order of their names: peers keep them in a sorted map.
  func json(_ extras: ValueExtras, for release: PeerRelease) -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { object in
      if let cypher { object.member("cypher", base64(cypher)) }
      if let body, !body.data.isEmpty || !extras.leavesOutEmptyData { object.member("data", base64(body.data)) }
      if extras.isExpired { object.member("expired", true) }
      object.member("id", String(id))
      if let signature { object.member("owner", OwnerPEM.text(of: signature.owner, for: release)) }
      extras.permanence?.write(to: &object)
      // The member has 32 bits, and readers refuse more.
      if priority != 0 { object.member("prio", UInt32(clamping: priority)) }
      if release == .v4, !pushTypeBytes.isEmpty { object.member("pt", String(decoding: pushTypeBytes, as: UTF8.self)) }
      if let signature {
        object.member("seq", signature.sequence)
        object.member("sig", base64(signature.signature))
        if let recipient = signature.recipient { object.member("to", "\(recipient)") }
      }
      if let body {
        object.member("type", body.type)
        if !body.userTypeBytes.isEmpty { object.member("utype", userType) }
      }
    }
    return writer.bytes
  }

  init(_ json: JSON) throws(MessageError) {
    // All is read before any is left out, so that what is wrong in a value does not depend on what else stands there.
    let type = try json.shortNumber("type")
    let sequence = try json.shortNumber("seq")
    let priority = try json.wholeNumber("prio")
    let cypher = try json.bytes("cypher") ?? []
    let data = try json.bytes("data") ?? []
    let signature = try json.bytes("sig") ?? []
    var owner: [UInt8] = []
    if let text = json["owner"]?.string { owner = try OwnerPEM.key(in: text) }

    let body = Body(type: type, data: data, userTypeBytes: Array((json["utype"]?.string ?? "").utf8))
    let content: Content
    if !cypher.isEmpty {
      content = .encrypted(cypher)
    } else if owner.isEmpty || signature.isEmpty {
      // An owner whose signature is empty would be stored and shown unverified. (crypto.md §4.3)
      content = .plain(body)
    } else {
      content = .signed(
        body,
        Signature(owner: owner, sequence: sequence, recipient: json.recipient, signature: signature))
    }
    self.init(
      id: ValueIDText.read(json["id"]), content: content, priority: UInt64(priority),
      pushTypeBytes: Array((json["pt"]?.string ?? "").utf8))
  }

  func checkSize() throws(MessageError) {
    guard size <= ValueType.maximumValueSize else { throw .valueTooLarge(limit: ValueType.maximumValueSize) }
  }
}

extension JSON {
  /// Whom a value is for: the first 40 hexadecimal digits, if there are so many and not all zero.
  var recipient: InfoHash? {
    guard let text = self["to"]?.string, let id = InfoHash(hex: String(text.unicodeScalars.prefix(40))) else {
      return nil
    }
    return id == .zero ? nil : id
  }
}
