extension OpenAPIComponents {
  static let schemas = #"""
    {
      "Base64": {"type": "string", "description": "Base64 of either alphabet; padding and white space as one likes", "pattern": "^([A-Za-z0-9+/_-]{4})*([A-Za-z0-9+/_-]{2}(==)?|[A-Za-z0-9+/_-]{3}=?)?$"},
      "Value": {"type": "object", "description": "A value; members in the order of their names", "required": ["id"], "properties": {
        "cypher": {"type": "string", "description": "Of an encrypted value, Base64"},
        "data": {"type": "string", "description": "Of all others, Base64"},
        "expired": {"const": true, "description": "In a listen: it went"},
        "id": {"type": "string", "description": "64 bits, decimal", "pattern": "^[0-9]{1,20}$"},
        "owner": {"type": "string", "description": "Key of whoever signed it, PEM"},
        "prio": {"type": "integer", "minimum": 1, "maximum": 4294967295},
        "pt": {"type": "string", "description": "Push type"},
        "seq": {"type": "integer", "minimum": 0, "maximum": 65535},
        "sig": {"type": "string", "description": "Signature, Base64"},
        "to": {"type": "string", "description": "Key id of the recipient", "pattern": "^[0-9a-f]{40}$"},
        "type": {"type": "integer", "minimum": 0, "maximum": 65535},
        "utype": {"type": "string", "description": "User type"}}},
      "Whole16": {"description": "Counts modulo 65536", "type": ["number", "boolean", "null"], "exclusiveMinimum": -1, "exclusiveMaximum": 4294967296},
      "Put": {"type": "object", "description": "A value to put. An id of 0, or none, lets the server choose.", "properties": {
        "data": {"anyOf": [{"$ref": "#/components/schemas/Base64"}, {"not": {"type": "string"}}]},
        "id": {"description": "Decimal text, or a number"},
        "utype": {"description": "User type, a string"},
        "pt": {"description": "Push type, a string"},
        "prio": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 4294967295}, {"not": {"type": "integer"}}]},
        "type": {"$ref": "#/components/schemas/Whole16"}, "seq": {"$ref": "#/components/schemas/Whole16"},
        "cypher": {"anyOf": [{"$ref": "#/components/schemas/Base64"}, {"not": {"type": "string"}}]},
        "sig": {"anyOf": [{"$ref": "#/components/schemas/Base64"}, {"not": {"type": "string"}}]},
        "owner": {"description": "PEM of the signer's key. The pattern is that of RSA with 2048 bits; other keys are accepted, too.", "anyOf": [
          {"type": "string", "pattern": "^-----BEGIN PUBLIC KEY-----\\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A[A-Za-z0-9+/]{360}\\n-----END PUBLIC KEY-----\\n$"}, {"not": {"type": "string"}}]},
        "permanent": {"description": "There at all: kept alive for 24 h. An object says whom to remind.", "anyOf": [
          {"not": {"type": "object"}}, {"$ref": "#/components/schemas/Device"}]}}},
      "Encrypt": {"allOf": [{"$ref": "#/components/schemas/Put"}, {"type": "object", "required": ["to"], "properties": {
        "to": {"type": "string", "description": "Id of the recipient's key, or its long id", "pattern": "^([0-9a-f]{40}|[0-9a-f]{64})$"}}}]},
      "Text": {"anyOf": [{"type": "string", "description": "At most 1024 bytes; a token, 4096"}, {"type": "number"}, {"type": "boolean"}, {"type": "null"}]},
      "Device": {"type": "object", "properties": {
        "key": {"description": "Token of the device; for UnifiedPush, a URL", "$ref": "#/components/schemas/Text"},
        "client_id": {"$ref": "#/components/schemas/Text"}, "session_id": {"$ref": "#/components/schemas/Text"},
        "platform": {"description": "android, ios or unifiedpush", "$ref": "#/components/schemas/Text"},
        "topic": {"description": "Bundle id, or keys to encrypt with", "$ref": "#/components/schemas/Text"}}},
      "Push": {"allOf": [{"$ref": "#/components/schemas/Device"}, {"type": "object", "required": ["key"], "properties": {
        "key": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "number"}, {"type": "boolean"}]}, "refresh": {}}}]},
      "Family": {"type": "object", "required": ["good", "dubious", "incoming"], "properties": {
        "good": {"type": "integer", "minimum": 0}, "dubious": {"type": "integer", "minimum": 0}, "incoming": {"type": "integer", "minimum": 0},
        "table_depth": {"type": "integer"}, "network_size_estimation": {"type": "integer"}}},
      "NodeInformation": {"type": "object", "required": ["node_id", "ipv4", "ipv6"], "properties": {
        "id": {"type": "string", "pattern": "^[0-9a-f]{40}$"}, "node_id": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
        "ipv4": {"$ref": "#/components/schemas/Family"}, "ipv6": {"$ref": "#/components/schemas/Family"},
        "ops": {"type": "integer"}, "public_ip": {"type": "string"}, "port_ipv4": {"type": "integer"}, "port_ipv6": {"type": "integer"},
        "storage_values": {"type": "integer"}, "storage_size": {"type": "integer"},
        "local_storage_values": {"type": "integer"}, "local_storage_size": {"type": "integer"}}},
      "NodeStatistics": {"type": "object", "required": ["listenCount", "pushListenersCount", "putCount", "totalPermanentPuts", "requestRate", "nodeInfo"], "properties": {
        "listenCount": {"type": "integer"}, "pushListenersCount": {"type": "integer"}, "putCount": {"type": "integer"},
        "totalPermanentPuts": {"type": "integer"}, "requestRate": {"type": "number"}, "nodeInfo": {"type": "object"},
        "serverStartTime": {"type": "integer"}, "lastUpdated": {"type": "integer"}}},
      "Health": {"type": "object", "required": ["status"], "properties": {
        "status": {"enum": ["ok", "unavailable"]}, "reason": {"type": "string"}, "seconds": {"type": "integer"},
        "ipv4": {"type": "string"}, "ipv6": {"type": "string"}}},
      "Error": {"type": "object", "description": "One sentence; where the body was no JSON, `err:` with a colon, as ever", "minProperties": 1,
        "properties": {"err": {"type": "string"}, "err:": {"type": "string"}}}
    }
    """#
}
