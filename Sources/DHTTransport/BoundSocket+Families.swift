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
  /// A family that this machine does not have is left out, unless its address was named; none left is an error, and so is
  /// every other refusal, and a named port that is taken, in whichever family: a node on half of what it was told to
  /// have would surprise its owner. (node.md §7.1)
  static func open(
    _ families: Set<AddressFamily>, _ configuration: TransportConfiguration
  ) throws(TransportError) -> [BoundSocket] {
    for draw in 1...commonPortDraws {
      let opening = Opening(families, configuration, mayDiffer: draw == commonPortDraws)
      if case .open = opening.verdict { return opening.sockets }
      opening.sockets.forEach { $0.close() }
      switch opening.verdict {
      case .open: break
      case .portTaken where configuration.port == 0: continue
      case .portTaken: throw .portInUse(configuration.port)
      case .refused(let reason): throw .cannotBind(reason)
      }
    }
    throw .cannotBind("no port is free")
  }

  /// One try to open all families on one port.
  private struct Opening {
    enum Verdict { case open, portTaken, refused(String) }
    var sockets: [BoundSocket] = []
    var verdict = Verdict.open

    init(_ families: Set<AddressFamily>, _ configuration: TransportConfiguration, mayDiffer: Bool) {
      var absent: [String] = []
      for family in AddressFamily.allCases where families.contains(family) {
        do throws(SystemError) {
          sockets.append(try open(family, configuration, mayDiffer: mayDiffer))
        } catch {
          let reason = "\(family == .ipv4 ? "IPv4" : "IPv6"): \(error.sentence)"
          if error.code == EADDRINUSE {
            verdict = .portTaken
          } else if configuration.isNamed(family) || !error.meansNoFamily {
            verdict = .refused(reason)
          } else {
            absent.append(reason)
            continue
          }
          return
        }
      }
      if sockets.isEmpty {
        verdict = .refused(absent.isEmpty ? "no address family chosen" : absent.joined(separator: ", "))
      }
    }

    private func open(
      _ family: AddressFamily, _ configuration: TransportConfiguration, mayDiffer: Bool
    ) throws(SystemError) -> BoundSocket {
      let port = sockets.first?.port ?? configuration.port
      let address = configuration.address(of: family)
      do throws(SystemError) {
        return try BoundSocket(address, port: port, configuration: configuration.sockets)
      } catch {
        guard error.code == EADDRINUSE, mayDiffer, configuration.port == 0 else { throw error }
        return try BoundSocket(address, port: 0, configuration: configuration.sockets)
      }
    }
  }
}

extension SystemError {
  /// Whether the machine lacks the family, when an unspecified address was to be bound: no such family in the system, or
  /// no interface has it.
  var meansNoFamily: Bool { code == EAFNOSUPPORT || code == EADDRNOTAVAIL || code == EPROTONOSUPPORT }
}
