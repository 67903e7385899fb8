package import DHTProxyMessages
package import NIOCore

/// A whole answer to a request.
package struct Answer: Sendable {
  /// Status of HTTP.
  package var status: Int
  /// What is sent below the head.
  package var body: ByteBuffer
  /// Kind of the body.
  package var contentType = "application/json"
  /// Fields of the head beside those that each answer has.
  package var fields: [(name: String, value: String)] = []
  /// Whether the connection ends with it, whatever the client wants.
  package var closes = false

  /// An answer with a body.
  package init(status: Int = 200, body: ByteBuffer = ByteBuffer()) {
    self.status = status
    self.body = body
  }

  /// An answer with a body.
  package init(status: Int = 200, body: [UInt8]) {
    self.init(status: status, body: ByteBuffer(bytes: body))
  }

  /// A refusal.
  package init(_ error: ErrorAnswer) {
    self.init(status: error.status, body: error.body)
  }

  /// A refusal in words of ours.
  package init(status: Int, reason: String) {
    self.init(ErrorAnswer(status: status, reason: reason))
  }
}

extension Answer {
  static let notFound = Answer(status: 404, reason: "Not found")
  static let pathTooLong = Answer(status: 414, reason: "The path is too long")
  static let headTooLong = Answer(status: 431, reason: "The head is too long")
  static let malformed = Answer(status: 400, reason: "Malformed request")
  static let timedOut = Answer(status: 408, reason: "The request did not come in time")
  static let overloaded = Answer(status: 503, reason: "Too many connections")
  static let tooManyBodies = Answer(status: 503, reason: "Too many requests are coming in")
  static let cutOff = Answer(status: 503, reason: "The node is cut off from the network")

  static func methodNotAllowed(_ allowed: String) -> Answer {
    var answer = Answer(status: 405, reason: "Method not allowed")
    answer.fields = [("Allow", allowed)]
    return answer
  }

  static func bodyTooLong(limit: Int) -> Answer {
    var answer = Answer(ErrorAnswer(.bodyTooLong(limit: limit)))
    answer.closes = true
    return answer
  }

  /// What a browser wants to know before it sends JSON. (proxy.md §1.5)
  ///
  /// What peers do not have is added only where it is asked for: deployed clients see the bytes that they know.
  static func preflight(mayUseIdentity: Bool, method: String? = nil, headers: String? = nil) -> Answer {
    var answer = Answer()
    var methods = "OPTIONS, GET, POST, LISTEN" + (mayUseIdentity ? ", SIGN, ENCRYPT" : "")
    if let method, ["DELETE", "SUBSCRIBE", "UNSUBSCRIBE"].contains(method) { methods += ", \(method)" }
    // A bounded text: heads are.
    let asked = (headers ?? "").split { $0 == "," || $0 == " " }.map { $0.lowercased() }
    let fields = ["content-type"] + ["authorization", "x-put-secret", "last-event-id"].filter(asked.contains)
    answer.fields = [
      ("Access-Control-Allow-Methods", methods),
      ("Access-Control-Allow-Headers", fields.joined(separator: ", ")),
      ("Access-Control-Max-Age", "86400"),
    ]
    return answer
  }
}
