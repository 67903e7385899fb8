extension DescribedRoute {
  /// Every route of the server.
  static let all: [DescribedRoute] = node + keys(below: "/key/{key}", "") + keys(below: "/{key}", "Short") + below + own

  private static let node = [
    DescribedRoute(
      method: "get", path: "/", id: "nodeInformationShort",
      summary: "Tells what the node knows, and where you come from.",
      answers: [200: "NodeInformation"]),
    DescribedRoute(
      method: "get", path: "/node/info", id: "nodeInformation",
      summary: "Tells what the node knows, and where you come from.", answers: [200: "NodeInformation"]),
    DescribedRoute(
      method: "get", path: "/node/stats", id: "nodeStatistics", summary: "Tells what the server does.",
      answers: [200: "NodeStatistics"]),
    DescribedRoute(
      method: "post", path: "/node/pingPush", id: "pingPush", summary: "Sends one notification, as a test.",
      body: "Push",
      answers: [200: "Empty", 501: "Error"]),
  ]

  private static func keys(below path: String, _ form: String) -> [DescribedRoute] {
    [
      DescribedRoute(
        method: "get", path: path, id: "get" + form, summary: "Fetches the values of a key, one JSON line each.",
        parameters: ["key"], answers: [200: "Values"]),
      DescribedRoute(
        method: "post", path: path, id: "put" + form,
        summary: "Puts a value; with `permanent`, keeps it alive for 24 h.",
        parameters: ["key"], body: "Put", answers: [200: "Value", 502: "Error"]),
      DescribedRoute(
        method: "subscribe", path: path, id: "subscribe" + form,
        summary: "Has changes of a key pushed to a device, for 24 h.", parameters: ["key"], body: "Push",
        answers: [200: "Subscribed", 501: "Error"]),
      DescribedRoute(
        method: "unsubscribe", path: path, id: "unsubscribe" + form, summary: "Ends a subscription.",
        parameters: ["key"], body: "Push", answers: [200: "Nothing", 501: "Error"]),
    ]
  }

  private static let below = [
    DescribedRoute(
      method: "get", path: "/key/{key}/listen", id: "listen",
      summary: "Tells the values of a key, then every change, one JSON line each, until the connection ends.",
      parameters: ["key"], answers: [200: "Values"]),
    DescribedRoute(
      method: "get", path: "/key/{key}/options", id: "getOptions", summary: "Answers as OPTIONS does.",
      parameters: ["key"], answers: [200: "Preflight"]),
    DescribedRoute(
      method: "post", path: "/key/{key}/sign", id: "sign",
      summary: "Signs a value with the node's identity, and puts it.",
      parameters: ["key"], body: "Put", answers: [200: "Value", 404: "Error", 501: "Error", 502: "Error"]),
    DescribedRoute(
      method: "post", path: "/key/{key}/encrypt", id: "encrypt",
      summary: "Signs a value with the node's identity, encrypts it, and puts it.", parameters: ["key"],
      body: "Encrypt",
      answers: [200: "Value", 404: "Error", 501: "Error", 502: "Error"]),
    DescribedRoute(
      method: "delete", path: "/key/{key}/{id}", id: "cancelPut",
      summary: "Ends a permanent put, for whoever knows its secret.", parameters: ["key", "id", "secret"],
      answers: [200: "Empty", 404: "Error", 501: "Error"]),
  ]

  private static let own = [
    DescribedRoute(
      method: "get", path: "/events", id: "events", summary: "Tells of many keys on one stream, for browsers.",
      parameters: ["keys", "where", "lastEventID"], answers: [200: "Events"]),
    DescribedRoute(
      method: "post", path: "/events", id: "postEvents", summary: "Tells of thousands of keys on one stream.",
      parameters: ["lastEventID"], body: "Events", answers: [200: "Events"]),
    DescribedRoute(
      method: "post", path: "/events/{stream}", id: "changeEvents",
      summary: "Adds keys to a stream, or takes some out.",
      parameters: ["stream"], body: "EventChange", answers: [200: "StreamKeys", 404: "Error"]),
    DescribedRoute(
      method: "get", path: "/healthz", id: "liveness", summary: "Tells whether the process does its work.",
      answers: [200: "Health", 503: "Health"]),
    DescribedRoute(
      method: "get", path: "/readyz", id: "readiness", summary: "Tells whether the node reaches the network.",
      answers: [200: "Health", 503: "Health"]),
    DescribedRoute(
      method: "get", path: "/metrics", id: "metrics", summary: "Tells figures to Prometheus.", answers: [200: "Metrics"]
    ),
    DescribedRoute(
      method: "get", path: "/openapi.json", id: "description", summary: "Tells this.", answers: [200: "Description"]),
  ]
}
