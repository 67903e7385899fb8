import DHTJSON
import DHTModel

/// The id of a value in JSON. It is written as decimal text, since most readers of JSON lose digits of 64 bits.
enum ValueIDText {
  /// Reads an id as C does; 0, which is "not chosen yet", for whatever means none. (proxy.md §3.2)
  static func read(_ json: JSON?) -> Value.ID {
    switch json {
    case .string(let text): read(text)
    case .number(let text): WholeNumber(truncating: text).unsigned ?? 0
    case .bool(true): 1
    case nil, .null, .bool(false), .array, .object: 0
    }
  }

  /// White space, a sign, digits: what follows does not matter. A minus takes the number from 2⁶⁴, and a number that does
  /// not fit is none.
  static func read(_ text: String) -> Value.ID {
    var rest = text.utf8.drop { $0 == UInt8(ascii: " ") || UInt8(ascii: "\t")...UInt8(ascii: "\r") ~= $0 }
    let sign = rest.first
    if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest = rest.dropFirst() }
    var number: UInt64 = 0
    for digit in rest {
      guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit else { break }
      let (product, carries) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !carries, !overflows else { return 0 }
      number = sum
    }
    return sign == UInt8(ascii: "-") ? 0 &- number : number
  }
}
