import OpenDHT

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One line to the test: an answer when it has a tag, else an event. Fields that are nil are left out.
struct Reply: Encodable {
  var tag: Int?
  var event: String?
  var ok: Bool?
  var error: String?
  var version: String?
  var id: String?
  var port4: UInt16?
  var port6: UInt16?
  var good4: Int?
  var good6: Int?
  var listen: Int?
  var value: ValueLine?
  var values: [ValueLine]?
  var records: [RecordLine]?
  /// Of the node's identity, or of a certificate that was found.
  var keyID: String?
  var longID: String?
  var publicKey: Data?
  /// Sequence number that a signed value went out with.
  var sequence: UInt16?
  var counters: CounterLine?
  /// Values as they stand on the wire.
  var packed: [Data]?
  /// What an index found, and the node of its tree where the lookup ended.
  var entries: [EntryLine]?
  var prefix: String?
  /// Nodes that stored a value; nodes that answered a get.
  var nodes: Int?
  /// Seconds since the process started.
  var at: Double?
  /// Seconds from the call to the first value.
  var first: Double?
  /// Seconds from the call to its end.
  var elapsed: Double?
}

/// A value as the test compares it.
struct ValueLine: Encodable {
  var id: String
  var data: Data
  var userType: String
  var type: UInt16
  /// Id of who signed it, the number of the edit, and whether it came encrypted for us.
  var signer: String?
  var sequence: UInt16?
  var wasEncrypted: Bool?

  init(_ value: Value) {
    id = hex16(value.id)
    data = Data(value.data)
    userType = value.userType
    type = value.type
    guard let id = value.signerID else { return }
    signer = id.description
    sequence = value.sequence
    wasEncrypted = value.wasEncrypted
  }
}

/// What the node refused.
struct CounterLine: Encodable {
  var badSignatures: Int
  var notForUs: Int
  var valuesRefused: Int
  var malformedValues: Int
  var malformed: Int

  init(_ counters: Counters) {
    badSignatures = counters.badSignatures
    notForUs = counters.notForUs
    valuesRefused = counters.valuesRefused
    malformedValues = counters.malformedValues
    malformed = counters.malformed
  }
}

/// An entry of an index.
struct EntryLine: Encodable {
  var key: String
  var id: String
}

/// Selected fields; nil where a field was not selected.
struct RecordLine: Encodable {
  var id: String?
  var valueType: UInt16?
  var owner: String?
  var sequence: UInt16?
  var userType: String?

  init(_ record: FieldRecord) {
    id = record.id.map(hex16)
    valueType = record.valueType
    owner = record.owner.map { $0.description }
    sequence = record.sequence
    userType = record.userTypeBytes.map { String(decoding: $0, as: UTF8.self) }
  }
}

/// 16 hex digits: 64-bit ids do not fit a JSON number.
func hex16(_ id: Value.ID) -> String {
  let digits = String(id, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
