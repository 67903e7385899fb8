public import DHTModel

extension ValueType {
  /// The types that every node of the network knows. (wire.md §11.2)
  ///
  /// Policies that look at signatures, and the rule of certificates, are for the security layer to add.
  public static let builtIn: [ValueType] = [
    ValueType(id: 0, name: "User data", lifetime: defaultLifetime),
    ValueType(id: 1, name: "DHT message", lifetime: .seconds(300)),
    ValueType(id: 2, name: "IP service announcement", lifetime: .seconds(900)),
    ValueType(id: 3, name: "Instant message", lifetime: .seconds(300)),
    ValueType(id: 4, name: "Trust request", lifetime: .seconds(7 * 86400)),
    ValueType(id: 5, name: "ICE candidates", lifetime: .seconds(60)),
    ValueType(id: 8, name: "Certificate", lifetime: .seconds(7 * 86400)),
  ]
}
