/// What the server grants, and to whom.
public struct OperationsSettings: Sendable {
  /// How much one client, and all together, may use.
  public var limits = ProxyLimits()
  /// Who may do what.
  public var access = AccessRules()
  /// When the server says that it cannot serve.
  public var health = HealthSettings()

  /// The defaults.
  public init() {}
}
