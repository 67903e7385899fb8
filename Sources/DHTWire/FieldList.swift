public import DHTModel

/// The `fileds` of a reply: which fields, and one row per value. (wire.md §6.3)
public struct FieldList: Hashable, Sendable {
  /// Ascending, each once.
  public var fields: [Query.Field]
  /// One row per value.
  public var rows: [Row]
  /// One value's fields. The owner travels as its full DER key, or as 20 zero bytes for an unsigned value.
  public struct Row: Hashable, Sendable {
    /// The fields that were selected.
    public var record: FieldRecord
    /// DER key of the owner when the peer sent one; `record.owner` is then for the receiver to fill in, by hashing it.
    public var ownerKey: [UInt8]?

    /// A row of one value.
    public init(record: FieldRecord, ownerKey: [UInt8]? = nil) {
      self.record = record
      self.ownerKey = ownerKey
    }
  }

  /// Rows of the given fields.
  public init(fields: [Query.Field], rows: [Row]) {
    self.fields = fields
    self.rows = rows
  }
}
