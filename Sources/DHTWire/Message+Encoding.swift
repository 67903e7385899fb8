import DHTModel
import MessagePack

extension Message {
  /// Appends the packet to an arena and, when its values do not fit inline, the parts after it. (wire.md §7.1)
  ///
  /// A list that was decoded with sizes is written with these sizes, and no parts follow. Keys stand in the
  /// order of wire.md §1.2; nothing is allocated while the arena has room.
  public func encode(into arena: inout PacketArena) {
    arena.append(reserving: reservation) { writer in write(to: &writer) }
    if let values = body.values, values.needsParts { encodeParts(of: values.values, into: &arena) }
  }

  private func encodeParts(of values: [Value], into arena: inout PacketArena) {
    for (index, value) in values.enumerated() {
      let packed = value.packed()
      for offset in stride(from: 0, to: packed.count, by: WireLimits.partBytes) {
        let piece = packed.span.bytes.extracting(offset..<min(offset + WireLimits.partBytes, packed.count))
        arena.append(reserving: piece.byteCount + 64) { writer in
          let map = writer.openMap()
          writePartHeader(to: &writer)
          writer.writeMapHeader(1)
          Part.write(piece, index: index, offset: offset, to: &writer)
          writer.closeMap(map)
        }
      }
    }
  }

  // An estimate; the writer grows when it is too small.
  private var reservation: Int {
    switch body {
    case .request(_, .put), .request(_, .update): 256 + WireLimits.inlineValueBytes
    case .request: 256
    case .reply(_, let reply):
      256 + 26 * (reply.nodes4?.count ?? 0) + 38 * (reply.nodes6?.count ?? 0)
        + (reply.values.isPresent ? WireLimits.inlineValueBytes : 0)
    case .failure, .legacyPush: 256
    case .part(let part): 64 + part.pieces.reduce(0) { $0 + $1.bytes.count + 24 }
    }
  }

  private func write(to writer: inout MessagePackWriter) {
    let map = writer.openMap()
    switch body {
    case .request(let sender, let request):
      writer.writeKey(.arguments)
      request.writeArguments(sender: sender, to: &writer)
      if !request.namesItselfLast {
        writeName(of: request, to: &writer)
        writeTransaction(to: &writer)
      }
      writeKind(.request, to: &writer)
      writeTail(to: &writer)
      if request.namesItselfLast {
        writeName(of: request, to: &writer)
        writeTransaction(to: &writer)
      }
    case .reply(let sender, let reply):
      writer.writeKey(.results)
      reply.write(sender: sender, to: &writer)
      writeTransaction(to: &writer)
      writeKind(.results, to: &writer)
      writeTail(to: &writer)
    case .failure(let sender, let failure):
      writer.writeKey(.failure)
      failure.write(to: &writer)
      writer.writeKey(.results)
      Reply().write(sender: sender, to: &writer)
      writeTransaction(to: &writer)
      writeKind(.failure, to: &writer)
      writeTail(to: &writer)
    case .legacyPush(let sender, let push):
      writer.writeKey(.legacyPush)
      push.write(sender: sender, to: &writer)
      writeKind(.results, to: &writer)
      writeTail(to: &writer)
      writeTransaction(to: &writer)
    case .part(let part):
      writePartHeader(to: &writer)
      part.write(to: &writer)
    }
    writer.closeMap(map)
  }

  private func writeName(of request: Request, to writer: inout MessagePackWriter) {
    writer.writeKey(.request)
    writer.writeName(request.name)
  }

  private func writeTransaction(to writer: inout MessagePackWriter) {
    writer.writeKey(.transaction)
    writer.writeUInt64(UInt64(transaction))
  }

  // The values of `y` are the names of the keys that decide the kind. (§1.1, §1.3)
  private func writeKind(_ kind: MessagePackKey, to writer: inout MessagePackWriter) {
    writer.writeKey(.kind)
    writer.writeName(kind)
  }

  private func writeTail(to writer: inout MessagePackWriter) {
    if agent.count > 0 {
      writer.writeKey(.agent)
      writer.writeAgent(agent)
    }
    writeNetworkAndClient(to: &writer)
  }

  private func writeNetworkAndClient(to writer: inout MessagePackWriter) {
    if network != 0 {
      writer.writeKey(.network)
      writer.writeUInt64(UInt64(network))
    }
    if isClient {
      writer.writeKey(.isClient)
      writer.writeBool(true)
    }
  }

  // Up to the pieces themselves.
  private func writePartHeader(to writer: inout MessagePackWriter) {
    writeNetworkAndClient(to: &writer)
    writeKind(.part, to: &writer)
    writeTransaction(to: &writer)
    writer.writeKey(.part)
  }
}

extension Message.Body {
  /// The value list of a message that can hold one.
  package var values: ValueList? {
    switch self {
    case .request(_, .put(let put)): put.values
    case .request(_, .update(let update)): update.values
    case .reply(_, let reply): reply.values
    case .request, .failure, .legacyPush, .part: nil
    }
  }
}
