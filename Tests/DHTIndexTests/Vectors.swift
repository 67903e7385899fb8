import DHTModel
import Foundation

@testable import DHTIndex

/// `Vectors/pht.json`: what real peers wrote and asked for.
struct Vectors: Decodable {
  struct Constants: Decodable {
    let max_entries_per_node, cache_max_leaves, cache_leaf_lifetime_s, entry_lifetime_s, value_type: Int
    let user_type_prefix, canary_suffix: String
  }
  struct Linear: Decodable, Sendable {
    let index: String
    let key_spec: [String: Int]
    let key_hex: [String: String]
    let content: String
    let bits: Int
    let value_hash: String
    let value_id: UInt64
    let user_type, entry_msgpack: String

    var fields: IndexFields { IndexFields(key_spec.map { (name: Array($0.key.utf8), byteCount: $0.value) }) }
    var key: IndexKey {
      IndexKey(Dictionary(uniqueKeysWithValues: key_hex.map { (Array($0.key.utf8), hexBytes($0.value)!) }))
    }
    var stored: StoredEntry {
      StoredEntry(
        content: hexBytes(content)!, entry: IndexEntry(hash: InfoHash(hex: value_hash)!, id: value_id))
    }
  }
  struct NodeName: Decodable, Sendable {
    let content: String
    let bits: Int
    let key: String
  }
  struct Sibling: Decodable, Sendable {
    let content: String
    let bits: Int
    let key, sibling_content, sibling_key, legacy_sibling_content, legacy_sibling_key: String
  }
  struct Split: Decodable, Sendable {
    let name: String
    let key_spec: [String: Int]
    let first_16_keys_hex: [String]
    let key_17_hex: String
    let split_bits: Int
    let new_leaf_content, new_leaf_key: String
    let canary_depths: [Int]

    var fields: IndexFields { IndexFields(key_spec.map { (name: Array($0.key.utf8), byteCount: $0.value) }) }
    func key(_ hex: String) -> IndexKey { IndexKey([Array(key_spec.keys.first!.utf8): hexBytes(hex)!]) }
  }
  struct Trace: Decodable, Sendable {
    let peer, key_hex: String
    let bits: Int
    let asked_depths: [[Int?]]
    let asked_keys: [String]
    let leaf_bits: Int
    let found_value_ids: [UInt64]
  }
  struct Canary: Decodable {
    let index, user_type, data: String
    let type: Int
  }
  let constants: Constants
  let linearize: [Linear]
  let node_names: [NodeName]
  let siblings: [Sibling]
  let split: [Split]
  let lookup_traces: [Trace]
  let canary_value: Canary

  static let all: Vectors = {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Vectors")
    return try! JSONDecoder().decode(Vectors.self, from: Data(contentsOf: folder.appendingPathComponent("pht.json")))
  }()
}
