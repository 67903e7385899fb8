internal import DHTJSON

/// A route as the description of the interface tells it.
struct DescribedRoute {
  /// In lower case, as descriptions have it.
  var method: String
  var path: String
  /// A name for programs.
  var id: String
  /// One sentence for people.
  var summary: String
  /// Names of parameters; see `OpenAPIComponents`.
  var parameters: [String] = []
  /// Name of the body.
  var body: String?
  /// Names of answers beside those that every route has.
  var answers: [Int: String]

  /// What any request may be answered.
  private static let always = [400, 401, 403, 408, 414, 429, 431, 500, 503]
  /// Those of them with a header that helps.
  private static let named = [401: "Unauthorized", 429: "TooMany", 503: "Unavailable"]

  /// Methods that a description has no place for; they stand in an extension.
  var isExtension: Bool { !["get", "put", "post", "delete", "options", "head", "patch", "trace"].contains(method) }

  var json: JSON {
    var members: [(String, JSON)] = [
      ("operationId", .string(id)), ("summary", .string(summary)), ("responses", .object(responses)),
    ]
    if !parameters.isEmpty {
      members.append(("parameters", .array(parameters.map { Self.reference("parameters", $0) })))
    }
    if let body { members.append(("requestBody", Self.reference("requestBodies", body))) }
    return .object(members)
  }

  private var responses: [(String, JSON)] {
    var names = answers
    if method != "options" {
      for status in Self.always where names[status] == nil { names[status] = Self.named[status] ?? "Error" }
      if body != nil { names[413] = "Error" }
    }
    return names.sorted { $0.key < $1.key }.map { (String($0.key), Self.reference("responses", $0.value)) }
  }

  private static func reference(_ kind: String, _ name: String) -> JSON {
    .object([("$ref", .string("#/components/\(kind)/\(name)"))])
  }
}
