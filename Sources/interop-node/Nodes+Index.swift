import DHTIndex
import OpenDHT

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Nodes {
  func openIndex(_ request: Request) throws -> Reply {
    let lengths = try present(request.lengths, "lengths").map { (name: Array($0.key.utf8), byteCount: $0.value) }
    indexes[try present(request.index, "index")] = try PrefixIndex(
      node(of: request), named: present(request.name, "name"), fields: IndexFields(lengths))
    return Reply(ok: true)
  }

  func indexInsert(_ request: Request) async throws -> Reply {
    let id = try present(request.id.flatMap { Value.ID($0, radix: 16) }, "id of 16 hex digits")
    let began = ContinuousClock.now
    try await index(of: request).insert(IndexEntry(hash: key(of: request), id: id), under: indexKey(of: request))
    return Reply(ok: true, elapsed: seconds(ContinuousClock.now - began))
  }

  func indexLookup(_ request: Request) async throws -> Reply {
    let began = ContinuousClock.now
    let found = try await index(of: request).lookup(indexKey(of: request), request.nearest == true ? .nearest : .exact)
    return Reply(
      ok: true, entries: found.entries.map { EntryLine(key: $0.hash.description, id: hex16($0.id)) },
      prefix: found.leaf.description, elapsed: seconds(ContinuousClock.now - began))
  }

  private func index(of request: Request) throws -> PrefixIndex {
    try present(indexes[try present(request.index, "index")], "index that was opened")
  }

  private func indexKey(of request: Request) throws -> IndexKey {
    var key: IndexKey = [:]
    for (name, value) in try present(request.fields, "fields") { key[name] = Array(value) }
    return key
  }
}
