public import COpenDHT
internal import DHTText
internal import OpenDHT

@c @implementation
public func odht_config_default(_ config: UnsafeMutablePointer<odht_config>!) {
  config?.pointee = odht_config()
  config?.pointee.size = MemoryLayout<odht_config>.size
}

/// What C gives in a structure that says its own size, which grows from version to version: fields that the caller does not
/// know are zero; its size stands first. Throws when the caller knows fields that we do not, and uses them.
func read<Structure: BitwiseCopyable>(_ start: UnsafePointer<Structure>?) throws(SettingsError) -> Structure? {
  guard let start else { return nil }
  let given = UInt(bitPattern: UnsafeRawPointer(start).loadUnaligned(as: Int.self))
  let ours = MemoryLayout<Structure>.size
  guard given >= MemoryLayout<Int>.size, given <= 1 << 16 else {
    throw SettingsError(code: Int(ODHT_INVALID), description: "the size of the structure is not set")
  }
  let bytes = UnsafeRawBufferPointer(start: start, count: Int(given))
  guard bytes.dropFirst(ours).allSatisfy({ $0 == 0 }) else {
    throw SettingsError(code: Int(ODHT_UNSUPPORTED), description: "a setting of a later version of the library")
  }
  return withUnsafeTemporaryAllocation(of: Structure.self, capacity: 1) { room in
    let room = UnsafeMutableRawBufferPointer(room)
    room.initializeMemory(as: UInt8.self, repeating: 0)
    room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(ours)))
    return UnsafeRawPointer(room.baseAddress.unsafelyUnwrapped).load(as: Structure.self)
  }
}

/// Why a node cannot be set up as asked.
struct SettingsError: Error, CustomStringConvertible {
  var code: Int
  var description: String
}

extension odht_config {
  /// The same for Swift.
  func configuration() throws -> DHT.Configuration {
    if text(proxy_server) != nil {
      throw SettingsError(
        code: Int(ODHT_UNSUPPORTED), description: "this version cannot reach the network through a proxy")
    }
    var configuration = DHT.Configuration(port: port, network: network)
    configuration.bindIPv4 = try address(bind_ipv4, .ipv4)
    configuration.bindIPv6 = try address(bind_ipv6, .ipv6)
    // A node told to bind one address opens no socket elsewhere: it may be told so for safety.
    if configuration.bindIPv4 != nil, configuration.bindIPv6 == nil { configuration.node.families = [.ipv4] }
    if configuration.bindIPv6 != nil, configuration.bindIPv4 == nil { configuration.node.families = [.ipv6] }
    if node_id.hash != .zero { configuration.node.nodeID = node_id.hash }
    configuration.node.isBootstrap = is_bootstrap
    configuration.node.isClient = is_client
    configuration.node.maintainsStorage = maintain_storage
    configuration.node.limits.requestsPerSecond = limit(
      requests_per_second, or: configuration.node.limits.requestsPerSecond)
    configuration.node.limits.requestsPerSecondAndAddress = limit(
      requests_per_second_and_address, or: configuration.node.limits.requestsPerSecondAndAddress)
    configuration.identity = try identity.identity()
    return configuration
  }

  /// What was asked for and this version does not do, each as a line for the log; the node runs without it.
  var ignored: [String] {
    var lines: [String] = []
    if peer_discovery || peer_publish { lines.append("Peer discovery is not available in this version.") }
    if let path = text(persist_path) { lines.append("Nothing is kept in \(path): not available in this version.") }
    return lines
  }

  private func address(_ text: UnsafePointer<CChar>?, _ family: AddressFamily) throws -> IPAddress? {
    guard let text = CInterface.text(text) else { return nil }
    guard let address = ipAddress(text), address.family == family else {
      throw SettingsError(code: Int(ODHT_CANNOT_BIND), description: "not an address to bind: \(text)")
    }
    return address
  }

  private func limit(_ number: Int64, or usual: Int?) -> Int? {
    switch number {
    case ..<0: nil
    case 0: usual
    default: Int(clamping: number)
    }
  }
}
