import DHTModel
import DHTWire

/// What a packet says, in one line for people: kind, transaction, sender, and what matters of the body.
func packetSummary(_ bytes: [UInt8]) -> String {
  guard let message = try? Message(decoding: bytes.span.bytes) else {
    return "undecodable \(hexString(bytes.prefix(32)))"
  }
  var text = "\(message.kind) #\(String(message.transaction, radix: 16))"
  if message.network != 0 { text += " net \(message.network)" }
  if message.isClient { text += " client" }
  switch message.body {
  case .request(let sender, let request): text += " from \(short(sender)) \(summary(request))"
  case .reply(let sender, let reply): text += " from \(short(sender)) \(summary(reply))"
  case .failure(let sender, let failure): text += " from \(short(sender)) \(failure.code)"
  case .legacyPush(let sender, let push):
    text += " from \(short(sender)) refreshed \(push.refreshed) expired \(push.expired)"
  case .part(let part): text += " " + part.pieces.map { "\($0.index)+\($0.offset)" }.joined(separator: " ")
  }
  return text
}

private func short(_ hash: InfoHash) -> String { String(hash.description.prefix(8)) }

private func summary(_ request: Request) -> String {
  switch request {
  case .ping: return ""
  case .find(let find): return short(find.target)
  case .get(let get):
    let select = get.query.map { " select \($0.select) where \($0.filters.count)" } ?? ""
    return short(get.key) + select
  case .put(let put): return "\(short(put.key)) \(summary(put.values))"
  case .listen(let listen): return "\(short(listen.key)) socket \(String(listen.socket, radix: 16)) v\(listen.version)"
  case .refresh(let refresh): return "\(short(refresh.key)) id \(refresh.valueID)"
  case .update(let update):
    return
      "socket \(String(update.socket, radix: 16)) \(summary(update.values)) re \(update.refreshed) exp \(update.expired)"
  }
}

private func summary(_ reply: Reply) -> String {
  var parts: [String] = []
  if let nodes = reply.nodes4 { parts.append("n4 \(nodes.count)") }
  if let nodes = reply.nodes6 { parts.append("n6 \(nodes.count)") }
  if reply.token != nil { parts.append("token") }
  if reply.values.isPresent { parts.append(summary(reply.values)) }
  if let fields = reply.fields { parts.append("fields \(fields.rows.count)") }
  if let id = reply.valueID { parts.append("id \(id)") }
  return parts.joined(separator: ", ")
}

private func summary(_ list: ValueList) -> String {
  guard list.isPresent else { return "" }
  let inline = list.values.prefix(4).map { "\($0.id)" }.joined(separator: " ")
  return "values \(list.values.count) [\(inline)]" + (list.announced.isEmpty ? "" : " in parts \(list.announced.count)")
}
