import DHTText
import OpenDHT

/// The selected fields of a value for people: `Index[Id:992ec4b0ca3eaa12,Seq:0,UserType:text/plain]`. (tools.md §3.5)
func fieldRecordText(_ record: FieldRecord, forTerminal: Bool = false) -> [UInt8] {
  var fields: [[UInt8]] = []
  if let id = record.id { fields.append(Array("Id:\(idText(id))".utf8)) }
  if let type = record.valueType { fields.append(Array("ValueType:\(type)".utf8)) }
  if let owner = record.owner { fields.append(Array("Owner:\(owner)".utf8)) }
  if let sequence = record.sequence { fields.append(Array("Seq:\(sequence)".utf8)) }
  if let userType = record.userTypeBytes { fields.append(Array("UserType:".utf8) + userType) }
  let text = Array("Index[".utf8) + Array(fields.joined(separator: ",".utf8)) + Array("]".utf8)
  return forTerminal ? terminalSafe(text) : text
}
