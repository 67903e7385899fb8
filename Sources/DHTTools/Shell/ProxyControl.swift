import OpenDHT

/// What the shell needs of proxies: those that the program serves, and the one that it goes through. In front of them, so
/// that the shell is tested without sockets.
protocol ProxyControl: Sendable {
  /// Serves a proxy. Returns what stands against it, in one line; nil when it runs.
  func start(port: UInt16, isSecure: Bool, pushServer: String?) async -> String?
  /// Stops serving. Returns whether there was one.
  func stop(port: UInt16) async -> Bool
  /// The proxies that are served, by port.
  func reports() async -> [ProxyReport]

  /// Goes through a proxy, by default that of the command line. Returns what stands against it; nil when it does.
  func use(server: String?, deviceKey: String?) async -> String?
  /// Is a node again. Returns what stands against it; nil when it is.
  func leave() async -> String?
  /// Subscribes the listens anew with a push token. Returns what stands against it.
  func setPushToken(_ token: String) async -> String?
  /// Takes what a notification brought; returns what was done, in a few words.
  func pushReceived(_ data: [String: String]) async -> String
}

/// What `ll` tells of a proxy that is served. (tools.md §3.5)
struct ProxyReport: Equatable {
  var port: UInt16
  var listens = 0
  var puts = 0
  var pushListeners = 0
  var requestsPerSecond = 0.0

  /// Ends with an empty line.
  var text: String {
    """
    Stats for proxy server on port \(port)
      Listens: \(listens) Puts: \(puts) PushListeners: \(pushListeners)
    Requests: \(Int(requestsPerSecond.rounded())) per second.

    """
  }
}
