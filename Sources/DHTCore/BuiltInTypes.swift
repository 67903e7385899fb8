public import DHTModel
import DHTWire
import MessagePack

extension ValueType {
  /// The types that every node of the network knows. (wire.md §11.2)
  ///
  /// Policies that look at signatures, and the rule of certificates, are for the security layer to add.
  public static let builtIn: [ValueType] = [
    ValueType(id: 0, name: "User data", lifetime: defaultLifetime),
    ValueType(id: 1, name: "DHT message", lifetime: .seconds(300), mayStore: storeMessage),
    ValueType(id: 2, name: "IP service announcement", lifetime: .seconds(900), mayStore: storeAnnouncement),
    ValueType(id: 3, name: "Instant message", lifetime: .seconds(300)),
    ValueType(id: 4, name: "Trust request", lifetime: .seconds(7 * 86400)),
    ValueType(id: 5, name: "ICE candidates", lifetime: .seconds(60)),
    ValueType(id: 8, name: "Certificate", lifetime: .seconds(7 * 86400)),
  ]

  /// What a type that nobody registered gets: 10 minutes, up to 64 KiB, no edit. (wire.md §11.3)
  public static let unknown = ValueType(id: 0, name: "", lifetime: defaultLifetime)

  /// Refuses a message that names no service. Data that is no message is stored. (wire.md §11.3)
  private static let storeMessage: StorePolicy = { value, origin in
    namesNoService(value.data) ? nil : storeUpToMaximumSize(value, origin)
  }

  /// Stores who announced a service: the sender's address with the announced port, and nothing else of the value,
  /// so that nobody can announce somebody else. Refuses port 0 and what is no address. (wire.md §11.3)
  private static let storeAnnouncement: StorePolicy = { value, origin in
    guard let port = announcedPort(value.data), port != 0 else { return nil }
    let address = SocketAddress(ip: origin.address.ip, port: port).linuxBytes
    let data = MessagePackWriter.bytes { $0.writeBinary(address) }
    return Value(id: value.id, content: .plain(Value.Body(type: value.type, data: data)))
  }

  /// Whether data is `[service, data]` with an empty service.
  private static func namesNoService(_ data: [UInt8]) -> Bool {
    var reader = MessagePackReader(data.span.bytes)
    do throws(MessagePackError) {
      guard try reader.readArrayHeader() >= 2 else { return false }
      let service = try reader.readString()
      _ = try reader.readBinary()
      return service.isEmpty
    } catch {
      return false
    }
  }

  /// The port of a binary that holds a socket address of Linux; nil when it holds something else. (wire.md §10.1)
  private static func announcedPort(_ data: [UInt8]) -> UInt16? {
    var reader = MessagePackReader(data.span.bytes)
    guard let range = try? reader.readBinary() else { return nil }
    return SocketAddress(linuxBytes: data[range])?.port
  }
}
