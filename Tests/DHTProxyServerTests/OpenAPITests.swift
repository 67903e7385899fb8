import DHTJSON
import Testing

@testable import DHTProxyServer

private func members(_ json: JSON?) -> [(String, JSON)] {
  if case .object(let members)? = json { members } else { [] }
}

/// Every `$ref` below.
private func references(_ json: JSON) -> [String] {
  switch json {
  case .array(let elements): elements.flatMap(references)
  case .object(let members): members.flatMap { $0.0 == "$ref" ? [$0.1.string ?? ""] : references($0.1) }
  case .null, .bool, .number, .string: []
  }
}

@Suite struct OpenAPITests {
  @Test("the description is whole: all parts can be read, and every reference leads somewhere")
  func references() throws {
    let limits = JSONLimits(byteCount: 1 << 20, depth: 64, valueCount: 100_000)
    let document = try JSON(reading: OpenAPIDocument.bytes, within: limits)
    #expect(document["openapi"]?.string == "3.1.0")
    let all = DHTProxyServerTests.references(document)
    #expect(all.count > 100)
    for reference in Set(all) {
      let path = reference.split(separator: "/").dropFirst()
      let target = path.reduce(document as JSON?) { $0?[String($1)] }
      #expect(target != nil, "\(reference)")
    }
  }

  @Test("names of operations are unique, and every path in braces has its parameter")
  func operations() {
    var ids = Set<String>()
    for (path, item) in members(OpenAPIDocument.json["paths"]) {
      for (method, operation) in members(item) + members(item["x-additional-operations"])
      where method != "x-additional-operations" {
        let id = operation["operationId"]?.string ?? ""
        #expect(ids.insert(id).inserted, "\(method) \(path)")
        #expect(!members(operation["responses"]).isEmpty)
        let names = DHTProxyServerTests.references(operation)
        for variable in ["key", "id", "stream"] where path.contains("{\(variable)}") {
          #expect(names.contains { $0.lowercased().hasSuffix(variable) }, "\(method) \(path)")
        }
      }
    }
    #expect(ids.count >= 30)
  }
}
