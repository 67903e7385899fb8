internal import MessagePack

extension Value {
  /// Makes a plain value of anything `Encodable`, as MessagePack: the form in which the network's other languages write
  /// structured values.
  ///
  ///     struct Note: Codable { var title: String, body: String }
  ///     try await dht.put(Value(encoding: Note(title: "a", body: "b"), userType: "app/note"), at: key)
  ///     let note = try await dht.value(at: key)?.decode(Note.self)
  ///
  /// Throws `.coding` with the encoder's reason.
  public init(encoding content: some Encodable, userType: String, type: UInt16 = 0, id: ID = 0) throws(DHTError) {
    do {
      self.init(try MessagePackEncoder().encode(content), userType: userType, type: type, id: id)
    } catch {
      throw .coding(sentence(error))
    }
  }

  /// Reads the payload, as MessagePack, into a `Decodable` type.
  ///
  /// Throws `.coding` with the decoder's reason: a payload of something else, or an encrypted value.
  public func decode<Content: Decodable>(_ type: Content.Type) throws(DHTError) -> Content {
    guard body != nil else { throw .coding("the value is encrypted") }
    do {
      return try MessagePackDecoder().decode(type, from: data)
    } catch {
      throw .coding(sentence(error))
    }
  }
}

/// A coder's error in one line: where, and what.
private func sentence(_ error: any Error) -> String {
  let (path, reason): ([any CodingKey], String) =
    switch error {
    case DecodingError.keyNotFound(let key, let context): (context.codingPath, "no \"\(key.stringValue)\"")
    case DecodingError.valueNotFound(let type, let context): (context.codingPath, "no \(type)")
    case DecodingError.typeMismatch(_, let context), DecodingError.dataCorrupted(let context):
      (context.codingPath, context.debugDescription)
    case EncodingError.invalidValue(_, let context): (context.codingPath, context.debugDescription)
    default: ([], "\(error)")
    }
  let place = path.isEmpty ? "" : " at \(path.map(\.stringValue).joined(separator: "."))"
  return String((reason + place).replacing("\n", with: " ").prefix(200))
}
