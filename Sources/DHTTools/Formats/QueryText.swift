import OpenDHT

/// What the tools need beside `Query(parsing:)`.
enum QueryText {
  /// Whether either keyword is there. Without one a text would mean "everything", which nobody means by it.
  static func hasKeyword(_ text: some StringProtocol) -> Bool {
    ["SELECT", "select", "WHERE", "where"].contains { text.contains($0) }
  }
}

extension Query {
  /// The same for records: a query that selects nothing asks for whole values, of which people want every field.
  var forRecords: Query { select.isEmpty ? Query(select: Field.allCases, where: filters) : self }
}
