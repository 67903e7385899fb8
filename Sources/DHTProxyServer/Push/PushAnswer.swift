internal import DHTJSON

extension PushQueue.Outcome {
  /// Of a Gorush gateway. It takes what it is given, and tells of tokens that failed in its answer if it is set up to wait
  /// for the platforms (`sync`):
  /// `{"counts":1,"logs":[{"type":"failed-push","platform":"ios","token":"…","message":"…","error":"Unregistered"}],…}`
  init(gatewayStatus status: Int, body: [UInt8], token: String) {
    switch status {
    case 200..<300: self = Self.names(token, asGone: body) ? .gone : .delivered
    case 408, 425, 429, 500...: self = .failed
    default: self = .refused
    }
  }

  /// Of an endpoint of UnifiedPush. Redirects are not followed: they could lead anywhere.
  init(endpointStatus status: Int) {
    switch status {
    case 200..<300: self = .delivered
    case 404, 410: self = .gone
    case 408, 425, 429, 500...: self = .failed
    default: self = .refused
    }
  }

  private static func names(_ token: String, asGone body: [UInt8]) -> Bool {
    let limits = JSONLimits(byteCount: 65_536, depth: 8, valueCount: 1024)
    guard let json = try? JSON(reading: body, within: limits), case .array(let logs)? = json["logs"] else {
      return false
    }
    return logs.contains { log in
      log["token"]?.string == token && deadReasons.contains(log["error"]?.string?.lowercased() ?? "")
    }
  }

  // What Apple and Google say of tokens that never work again. `BadDeviceToken` is not among them: a gateway that is set
  // up for the wrong one of Apple's two environments gets it for every token.
  private static let deadReasons: Set<String> = [
    "unregistered", "notregistered", "invalidregistration", "registration-token-not-registered", "expiredtoken",
    "requested entity was not found.", "the registration token is not a valid fcm registration token",
  ]
}
