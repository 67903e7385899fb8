/// Why a server could not be started. Each has one clear line of description.
public enum ProxyServerError: Error, Hashable, Sendable {
  /// It runs already, or is being started or stopped.
  case alreadyRunning
  /// Another program has the port.
  case portInUse(Int)
  /// The port could not be opened; the system's reason.
  case cannotBind(String)
  /// A certificate or a key cannot be used; why.
  case badCertificate(String)
  /// What clients leave with the server cannot be read or written; why.
  case cannotKeepState(String)
}

extension ProxyServerError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .alreadyRunning: "The proxy server is already running."
    case .portInUse(let port): "TCP port \(port) is in use by another program."
    case .cannotBind(let reason): "The proxy server's port could not be opened: \(reason)."
    case .cannotKeepState(let reason): "The proxy server's state cannot be kept: \(reason)."
    case .badCertificate(let reason): "The proxy server's certificate cannot be used: \(reason)."
    }
  }
}
