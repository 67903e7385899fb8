public import DHTModel

/// The answer to any request. Which fields are there depends on what was asked; the wire does not say.
public struct Reply: Hashable, Sendable {
  /// Our IP as the answering node sees it.
  public var observed: IPAddress?
  /// Compact IPv4 nodes, nearest first; nil when the field is missing.
  public var nodes4: [NodeContact]?
  /// Compact IPv6 nodes, nearest first; nil when the field is missing.
  public var nodes6: [NodeContact]?
  /// A write token for the receiver.
  public var token: Token?
  /// The values, inline or announced.
  public var values: ValueList
  /// Selected fields; nil when the field is missing.
  public var fields: FieldList?
  /// The value that a put or refresh was about.
  public var valueID: Value.ID?

  /// An answer of the given fields.
  public init(
    observed: IPAddress? = nil, nodes4: [NodeContact]? = nil, nodes6: [NodeContact]? = nil, token: Token? = nil,
    values: ValueList = ValueList(), fields: FieldList? = nil, valueID: Value.ID? = nil
  ) {
    self.observed = observed
    self.nodes4 = nodes4
    self.nodes6 = nodes6
    self.token = token
    self.values = values
    self.fields = fields
    self.valueID = valueID
  }
}
