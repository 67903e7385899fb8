#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// One line from the test.
struct Request: Decodable {
  enum Operation: String, Decodable {
    case start, bootstrap, ping, put, putSigned, putEncrypted, cancelPut, get, query, listen, cancel, table, stop, quit
    case saveIdentity, certificate, counters, seal, examples
    case openIndex, indexInsert, indexLookup
  }
  /// A filter as it stands in a query's text: name and value.
  struct Filter: Decodable {
    var field: String
    var value: String
  }

  var tag: Int
  var op: Operation
  var node: Int?
  /// 40 hex digits.
  var key: String?
  /// Number of a listen, chosen by the test.
  var listen: Int?

  // start
  var port: UInt16?
  var network: UInt32?
  var client: Bool?
  /// Whether the limits of requests per second stand as in the product.
  var limited: Bool?
  /// Empty for no socket of the family; otherwise its loopback address is bound.
  var ipv4: String?
  var ipv6: String?
  /// Files of the identity, without `.pem` and `.crt`: loaded by start, written by saveIdentity.
  var identity: String?
  var password: String?
  /// RSA key of a new identity, if none is loaded.
  var bits: Int?

  // bootstrap: pairs of address and port; ping: one of them
  var hosts: [Endpoint]?
  var host: String?

  // put
  var data: Data?
  var userType: String?
  var type: UInt16?
  /// 16 hex digits.
  var id: String?
  var permanent: Bool?
  var verify: Bool?

  // putEncrypted, certificate, seal: id or long id in hex; or a public key, PEM or DER
  var to: String?
  var toKey: Data?
  // seal
  var sequence: UInt16?
  var count: Int?

  // openIndex, indexInsert, indexLookup: number of an index, chosen by the test; its name and the lengths of its fields;
  // the values of a key; whether near keys count. The entry is of `key` and `id`.
  var index: Int?
  var name: String?
  var lengths: [String: Int]?
  var fields: [String: Data]?
  var nearest: Bool?

  // get, query
  var select: [String]?
  var filters: [Filter]?
}

/// `["127.0.0.1", 4222]`.
struct Endpoint: Decodable {
  var name: String
  var port: UInt16

  init(from decoder: any Decoder) throws {
    var pair = try decoder.unkeyedContainer()
    name = try pair.decode(String.self)
    port = try pair.decode(UInt16.self)
  }
}
