internal import DHTJSON
internal import OpenDHT

/// The description of the interface, OpenAPI 3.1, as `/openapi.json` serves it.
enum OpenAPIDocument {
  /// Made once. All of it is ours, so it can always be read; a test sees to that.
  static let bytes: [UInt8] = {
    var writer = JSONWriter(escaping: .notASCII)
    writer.write(json)
    return writer.bytes + [UInt8(ascii: "\n")]
  }()

  static var json: JSON {
    .object([
      ("openapi", .string("3.1.0")),
      (
        "info",
        .object([
          ("title", .string("OpenDHT proxy")), ("version", .string(DHT.version)),
          ("description", .string(description)), ("license", .object([("name", .string("MIT"))])),
        ])
      ), ("paths", paths), ("components", OpenAPIComponents.json),
      // None is needed by default.
      ("security", .array([.object([]), .object([("token", .array([]))]), .object([("certificate", .array([]))])])),
    ])
  }

  private static let description = """
    A node of the distributed hash table, over HTTP. A key is any path segment: 40 hexadecimal digits are the key itself, \
    of anything else, taken as it stands, the SHA-1 is the key. Letters of the fixed parts of a path may be of either case, \
    one slash may end it. The methods SUBSCRIBE and UNSUBSCRIBE, for which a description has no place, stand in \
    `x-additional-operations`. OPTIONS is answered on every path.
    """

  private static var paths: JSON {
    var names: [String] = []
    for route in DescribedRoute.all where !names.contains(route.path) { names.append(route.path) }
    return .object(names.map { ($0, item($0)) })
  }

  // A preflight does not look at them.
  private static let preflightParameters = ["key": "key", "id": "anyID", "stream": "anyStream"]

  private static func item(_ path: String) -> JSON {
    let routes = DescribedRoute.all.filter { $0.path == path }
    var members = routes.filter { !$0.isExtension }.map { ($0.method, $0.json) }
    let extensions = routes.filter(\.isExtension).map { ($0.method.uppercased(), $0.json) }
    if !extensions.isEmpty { members.append(("x-additional-operations", .object(extensions))) }
    let id = "options" + path.split { !$0.isLetter }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    let preflight = DescribedRoute(
      method: "options", path: path, id: id == "options" ? "optionsRoot" : id,
      summary: "Tells a browser what it may send.",
      parameters: routes[0].parameters.compactMap { preflightParameters[$0] }, answers: [200: "Preflight"])
    return .object(members + [("options", preflight.json)])
  }
}
