import DHTModel
import Foundation
import Testing

/// One entry of `Vectors/wire.json`: bytes that real peers sent or accepted, and what they mean.
struct Vector: Sendable, CustomTestStringConvertible {
  let name: String
  let direction: String
  let bytes: [UInt8]
  let decoded: JSON
  let follows: String?

  var testDescription: String { name }
  /// Whether it is a datagram.
  var isPacket: Bool { direction.contains("->") }
  /// Whether a real peer made the bytes.
  var isFromPeer: Bool { direction.hasPrefix("peer->") }

  static let all: [Vector] = load()
  static let packets = all.filter(\.isPacket)

  static func named(_ name: String) -> Vector {
    guard let vector = all.first(where: { $0.name == name }) else { fatalError("no vector \(name)") }
    return vector
  }

  private static func load() -> [Vector] {
    let folder = Bundle.module.resourceURL!.appendingPathComponent("Vectors")
    let data = try! Data(contentsOf: folder.appendingPathComponent("wire.json"))
    let entries = try! JSONDecoder().decode([Entry].self, from: data)
    return entries.map {
      Vector(
        name: $0.name, direction: $0.direction, bytes: hexBytes($0.hex)!, decoded: $0.decoded, follows: $0.follows)
    }
  }

  private struct Entry: Decodable {
    let name, direction, hex: String
    let decoded: JSON
    let follows: String?
  }
}

/// JSON as a tree, for looking into the `decoded` part of a vector.
enum JSON: Decodable, Sendable, Equatable {
  case null, bool(Bool), unsigned(UInt64), signed(Int64), number(Double), text(String), array([JSON])
  case object([String: JSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .signed(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }
  subscript(index: Int) -> JSON? {
    if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
  }
  var array: [JSON]? { if case .array(let array) = self { array } else { nil } }
  var keys: Set<String> { if case .object(let object) = self { Set(object.keys) } else { [] } }
  var unsigned: UInt64? { if case .unsigned(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
  /// The bytes of `{"bin": hex}`.
  var bytes: [UInt8]? { self["bin"]?.text.flatMap { hexBytes($0) } }
  var hash: InfoHash? { bytes.flatMap { InfoHash(bytes: $0) } }
}
