internal import DHTJSON

/// What a server tells of itself: the answer to `GET /node/stats`. (proxy.md §9.2)
public struct ServerStatistics: Hashable, Sendable {
  /// Pushes that were tried since the start.
  public struct Pushes: Hashable, Sendable {
    /// Of high and of normal priority.
    public var high, normal: Int

    /// Two counts.
    public init(high: Int = 0, normal: Int = 0) {
      self.high = high
      self.normal = normal
    }
  }

  /// What is told since 3.3.0.
  public struct Since330: Hashable, Sendable {
    /// Pushes by platform; those of others are not counted.
    public var android, iOS, unifiedPush: Pushes
    /// When the server began and when it counted last, in seconds since 1970.
    public var startTime, updateTime: Int

    /// Pushes and times.
    public init(
      android: Pushes = Pushes(), iOS: Pushes = Pushes(), unifiedPush: Pushes = Pushes(), startTime: Int,
      updateTime: Int
    ) {
      self.android = android
      self.iOS = iOS
      self.unifiedPush = unifiedPush
      self.startTime = startTime
      self.updateTime = updateTime
    }
  }

  /// Connections with a listen.
  public var listens: Int
  /// Push tokens with a subscription.
  public var pushTokens: Int
  /// Keys with permanent puts.
  public var permanentKeys: Int
  /// Permanent puts.
  public var permanentPuts: Int
  /// Requests per second, of late.
  public var requestRate: Double
  /// The node, without the client's address.
  public var node: NodeInformation?
  /// What newer servers tell beside.
  public var since330: Since330?

  /// What is to be told of a server.
  public init(
    listens: Int, pushTokens: Int, permanentKeys: Int, permanentPuts: Int, requestRate: Double, node: NodeInformation?,
    since330: Since330?
  ) {
    self.listens = listens
    self.pushTokens = pushTokens
    self.permanentKeys = permanentKeys
    self.permanentPuts = permanentPuts
    self.requestRate = requestRate
    self.node = node
    self.since330 = since330
  }
}

extension ServerStatistics {
  /// Reads an answer. What is not told counts as 0.
  ///
  /// - Throws: what cannot be read.
  public init(reading body: [UInt8]) throws(MessageError) {
    let json = try JSON(body: body)
    self.init(
      listens: json.count("listenCount") ?? 0, pushTokens: json.count("pushListenersCount") ?? 0,
      permanentKeys: json.count("putCount") ?? 0, permanentPuts: json.count("totalPermanentPuts") ?? 0,
      requestRate: 0, node: try? NodeInformation(json["nodeInfo"] ?? .null), since330: nil)
    if case .number(let text) = json["requestRate"], let rate = Double(text), rate.isFinite { requestRate = rate }
    if let start = json.count("serverStartTime") {
      since330 = Since330(
        android: Pushes(json["androidPush"]), iOS: Pushes(json["iosPush"]), unifiedPush: Pushes(json["unifiedPush"]),
        startTime: start, updateTime: json.count("lastUpdated") ?? 0)
    }
  }

  /// The answer, with its line end.
  public func bytes() -> [UInt8] {
    var writer = JSONWriter(escaping: .notASCII)
    writer.object { object in
      if let since330 {
        object.member("androidPush", object: { since330.android.writeMembers(to: &$0) })
        object.member("iosPush", object: { since330.iOS.writeMembers(to: &$0) })
        object.member("lastUpdated", since330.updateTime)
      }
      object.member("listenCount", listens)
      if let node { object.member("nodeInfo", object: { node.writeMembers(to: &$0) }) }
      object.member("pushListenersCount", pushTokens)
      object.member("putCount", permanentKeys)
      object.name("requestRate")
      object.double(requestRate)
      if let since330 { object.member("serverStartTime", since330.startTime) }
      object.member("totalPermanentPuts", permanentPuts)
      if let since330 { object.member("unifiedPush", object: { since330.unifiedPush.writeMembers(to: &$0) }) }
    }
    return writer.bytes + [UInt8(ascii: "\n")]
  }
}

extension ServerStatistics.Pushes {
  init(_ json: JSON?) {
    self.init(high: json?.count("highPriorityCount") ?? 0, normal: json?.count("normalPriorityCount") ?? 0)
  }

  func writeMembers(to object: inout JSONWriter) {
    object.member("highPriorityCount", high)
    object.member("normalPriorityCount", normal)
  }
}
