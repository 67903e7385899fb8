import DHTModel
import MessagePack

// Arguments in the order of wire.md §3. A zero key and an empty token stand for fields that were missing.

extension Request {
  /// The value of `q`.
  var name: MessagePackKey {
    switch self {
    case .ping: .ping
    case .find: .find
    case .get: .get
    case .put: .put
    case .listen: .listen
    case .refresh: .refresh
    case .update: .update
    }
  }

  /// Updates that bring ids are written in another order than all other requests. (§1.2)
  var namesItselfLast: Bool {
    if case .update(let update) = self { !(update.refreshed.isEmpty && update.expired.isEmpty) } else { false }
  }

  func writeArguments(sender: NodeID, to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    writer.write(.id, sender)
    switch self {
    case .ping: break
    case .find(let find): find.write(to: &writer)
    case .get(let get): get.write(to: &writer)
    case .put(let put): put.write(to: &writer)
    case .listen(let listen): listen.write(to: &writer)
    case .refresh(let refresh): refresh.write(to: &writer)
    case .update(let update): update.write(to: &writer)
    }
    writer.closeMap(map)
  }
}

extension Request.Find {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.write(.target, unlessZero: target)
    writer.write(want)
  }
}

extension Request.Get {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.write(.key, unlessZero: key)
    writer.write(query)
    writer.write(want)
  }
}

extension Request.Put {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.write(.key, unlessZero: key)
    writer.write(values)
    writer.write(created)
    writer.write(token)
  }
}

extension Request.Listen {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.write(.version, version == 0 ? nil : version)
    writer.write(.key, unlessZero: key)
    writer.write(token)
    writer.write(.socket, UInt64(socket))
    writer.write(query)
  }
}

extension Request.Refresh {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.write(.key, unlessZero: key)
    writer.write(.valueID, valueID)
    writer.write(token)
  }
}

extension Request.Update {
  fileprivate func write(to writer: inout MessagePackWriter) {
    writer.write(.version, version)
    if let key { writer.write(.key, key) }
    writer.write(.socket, UInt64(socket))
    writer.write(values)
    writer.write(created)
    writer.write(token)
    writer.write(.refreshed, ids: refreshed)
    writer.write(.expired, ids: expired)
  }
}
