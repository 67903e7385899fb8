internal import DHTJSON

/// Parameters, bodies, answers and schemas of the description.
///
/// Bodies say what is accepted, which is more than what clients should send: members of another kind are passed over, as
/// every server of the network does.
enum OpenAPIComponents {
  static var json: JSON {
    .object([
      ("parameters", read(parameters)), ("requestBodies", read(requestBodies)), ("responses", read(responses)),
      ("schemas", read(schemas)), ("securitySchemes", read(securitySchemes)),
    ])
  }

  private static func read(_ text: String) -> JSON {
    (try? JSON(reading: Array(text.utf8), within: JSONLimits(byteCount: 1 << 20, depth: 32, valueCount: 10_000)))
      ?? .null
  }

  private static let parameters = #"""
    {
      "key": {"name": "key", "in": "path", "required": true, "description": "40 hexadecimal digits, or a name, whose SHA-1 is the key",
        "schema": {}, "example": "foo"},
      "anyID": {"name": "id", "in": "path", "required": true, "schema": {}, "example": "7"},
      "anyStream": {"name": "stream", "in": "path", "required": true, "schema": {}, "example": "0"},
      "id": {"name": "id", "in": "path", "required": true, "description": "Id of a value, decimal, 64 bits",
        "schema": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"}, "example": "7"},
      "secret": {"name": "X-Put-Secret", "in": "header", "required": false, "description": "The `secret` of the put's `permanent` object",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}, "example": "s3cret"},
      "stream": {"name": "stream", "in": "path", "required": true, "description": "Name of a stream, from its first event",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "example": "0123456789abcdef0123456789abcdef"},
      "keys": {"name": "key", "in": "query", "required": true, "description": "Keys, each as in a path, escaped as in a form",
        "style": "form", "explode": true,
        "schema": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}, "example": ["foo", "bar"]},
      "where": {"name": "where", "in": "query", "required": false, "description": "Filters: id, value_type, owner_pk, seq, user_type",
        "schema": {"type": "string", "pattern": "^((id|value_type|seq)=[0-9]+|owner_pk=[0-9a-f]{40}|user_type=[a-z/]+)$"},
        "example": "user_type=text/plain"},
      "lastEventID": {"name": "Last-Event-ID", "in": "header", "required": false, "description": "Id of the last event seen: where to go on",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{1,16}-[0-9a-f]{1,16}-[0-9a-f]{1,16}$"}}
    }
    """#

  private static let requestBodies = #"""
    {
      "Put": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Put"},
        "examples": {"text": {"value": {"data": "aGVsbG8=", "utype": "text/plain"}},
          "permanent": {"value": {"data": "aGVsbG8=", "permanent": true}}}}}},
      "Encrypt": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Encrypt"},
        "examples": {"text": {"value": {"data": "aGVsbG8=", "to": "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33"}}}}}},
      "Push": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Push"},
        "examples": {"android": {"value": {"client_id": "phone", "key": "device-token", "platform": "android", "session_id": "Ab3dEf9h", "topic": ""}}}}}},
      "Events": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["keys"], "properties": {
        "keys": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}}, "where": {"type": "string"}, "last": {"type": "string"}}},
        "examples": {"two": {"value": {"keys": ["foo", "bar"], "where": "user_type=text/plain"}}}}}},
      "EventChange": {"required": true, "content": {"application/json": {"schema": {"type": "object", "properties": {
        "add": {"type": "array", "items": {"type": "string", "minLength": 1}}, "remove": {"type": "array", "items": {"type": "string", "minLength": 1}}}},
        "examples": {"one": {"value": {"add": ["baz"], "remove": ["foo"]}}}}}}
    }
    """#

  private static let responses = #"""
    {
      "NodeInformation": {"description": "The node", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NodeInformation"}}}},
      "NodeStatistics": {"description": "Counters", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NodeStatistics"}}}},
      "Values": {"description": "One value a line, as many as there are, also none; in a listen, `\"expired\":true` for one that went", "content": {"application/json": {}}},
      "Value": {"description": "The value, with its id", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Value"}}}},
      "Subscribed": {"description": "`{}`; or the values, one a line, for a subscription that was known", "content": {"application/json": {}}},
      "Empty": {"description": "Done", "content": {"application/json": {"schema": {"type": "object"}}}},
      "Nothing": {"description": "Done, also if there was none", "content": {"application/json": {}}},
      "Preflight": {"description": "What a browser may send", "headers": {
        "Access-Control-Allow-Methods": {"schema": {"type": "string"}}, "Access-Control-Allow-Headers": {"schema": {"type": "string"}},
        "Access-Control-Max-Age": {"schema": {"type": "string"}}}, "content": {"application/json": {}}},
      "Events": {"description": "Events `stream`, `value`, `expired`, `initial`, `reset`; comments as heartbeats", "content": {"text/event-stream": {}}},
      "StreamKeys": {"description": "How many keys the stream has now", "content": {"application/json": {"schema": {
        "type": "object", "required": ["keys"], "properties": {"keys": {"type": "integer", "minimum": 0}}}}}},
      "Health": {"description": "Whether all is well, and why not", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Health"}}}},
      "Metrics": {"description": "Figures, text format 0.0.4", "content": {"text/plain": {"schema": {"type": "string"}}}},
      "Description": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object", "required": ["openapi", "paths"]}}}},
      "Error": {"description": "Refused; why", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
      "Unauthorized": {"description": "A credential is needed, or is not known", "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
      "TooMany": {"description": "More than a client may have; when to come back, in seconds", "headers": {"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}},
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}},
      "Unavailable": {"description": "The node is cut off from the network, or not ready", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    }
    """#

  private static let securitySchemes = #"""
    {"token": {"type": "http", "scheme": "bearer"}, "certificate": {"type": "mutualTLS"}}
    """#
}
