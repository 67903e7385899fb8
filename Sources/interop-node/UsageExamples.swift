import OpenDHT

/// What an example did not see.
struct ExampleFailed: Error { var example: String }

private struct Note: Codable, Equatable { var title: String }

/// The uses of a node that bindings.md §5 sketches, as an application writes them. Throws at the first that does not work.
/// `friend` has published a certificate.
func usageExamples(_ dht: DHT, friend: InfoHash) async throws {
  let room = dht[.random()]
  let note = Note(title: "noon")

  // put
  let receipt = try await room.put(Value("hello"))
  guard !receipt.stored.isEmpty else { throw ExampleFailed(example: "put") }

  // putSigned, of what Codable can write, kept alive
  let signed = try await dht.putSigned(Value(encoding: note, userType: "app/note"), at: room.hash, permanent: true)

  // putEncrypted, by the id of a friend's key
  try await dht.putEncrypted(Value("secret"), for: .id(friend), at: room.hash)

  // get, of one user type
  var found: [String] = []
  for await value in room.values(where: [.userType("text/plain")]) { found.append(value.text ?? "") }
  guard found == ["hello"] else { throw ExampleFailed(example: "get: \(found)") }
  let notes = try await room.get(where: [.userType("app/note")]).values.map { try $0.decode(Note.self) }
  guard notes == [note] else { throw ExampleFailed(example: "get of a note: \(notes)") }

  // listen
  for await change in room.listen(where: [.id(signed.valueID)]) {
    guard case .added(let value) = change else { continue }
    guard value.signer == dht.identity?.privateKey.publicKey else { throw ExampleFailed(example: "listen: \(value)") }
    break
  }

  // query
  var sequences: [UInt16?] = []
  for await record in dht.query(Query(select: [.id, .sequence], where: [.id(signed.valueID)]), at: room.hash) {
    sequences.append(record.sequence)
  }
  guard sequences == [signed.sequence] else { throw ExampleFailed(example: "query: \(sequences)") }
  await room.cancelPut(signed.valueID)
}
