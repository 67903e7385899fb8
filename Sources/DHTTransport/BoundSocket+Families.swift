#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif
internal import DHTModel

extension BoundSocket {
  /// Draws of a common port before the families get different ones. The second family finds the port of the first taken
  /// about once in a thousand draws.
  private static let commonPortDraws = 16

  /// Opens a socket for each family, all on the same port.
  ///
  /// A family that this machine does not have is left out; none left is an error, and so is a named port that is taken,
  /// in whichever family: a node on half its port would surprise its owner. (node.md §7.1)
  static func open(
    _ families: Set<AddressFamily>, _ configuration: TransportConfiguration
  ) throws(TransportError) -> [BoundSocket] {
    for draw in 1...commonPortDraws {
      let opening = Opening(families, configuration, mayDiffer: draw == commonPortDraws)
      switch opening.verdict {
      case .open: return opening.sockets
      case .portTaken where configuration.port == 0: opening.sockets.forEach { $0.close() }
      case .portTaken:
        opening.sockets.forEach { $0.close() }
        throw .portInUse(configuration.port)
      case .none(let reason): throw .cannotBind(reason)
      }
    }
    throw .cannotBind("no port is free")
  }

  /// One try to open all families on one port.
  private struct Opening {
    enum Verdict { case open, portTaken, none(String) }
    var sockets: [BoundSocket] = []
    var verdict = Verdict.open

    init(_ families: Set<AddressFamily>, _ configuration: TransportConfiguration, mayDiffer: Bool) {
      var reasons: [String] = []
      for family in AddressFamily.allCases where families.contains(family) {
        let port = sockets.first?.port ?? configuration.port
        do throws(SystemError) {
          sockets.append(try open(family, port, configuration))
        } catch  where error.code == EADDRINUSE && !(mayDiffer && configuration.port == 0) {
          verdict = .portTaken
          return
        } catch {
          if error.code == EADDRINUSE, let other = try? open(family, 0, configuration) {
            sockets.append(other)
          } else {
            reasons.append("\(family == .ipv4 ? "IPv4" : "IPv6"): \(error.sentence)")
          }
        }
      }
      if sockets.isEmpty {
        verdict = .none(reasons.isEmpty ? "no address family chosen" : reasons.joined(separator: ", "))
      }
    }

    private func open(
      _ family: AddressFamily, _ port: UInt16, _ configuration: TransportConfiguration
    ) throws(SystemError) -> BoundSocket {
      try BoundSocket(configuration.address(of: family), port: port, configuration: configuration.sockets)
    }
  }
}
