import DHTModel
import Testing

/// wire.md §6.5, row by row.
@Suite struct QueryTextTests {
  static let rows: [(String, Query)] = [
    ("", .everything),
    ("anything", .everything),
    ("SELECT id", Query(select: [.id])),
    ("select id where id=5", Query(select: [.id], where: [.id(5)])),
    ("Select id", .everything),
    ("SELECT bogus", .everything),
    ("SELECT *", .everything),
    ("SELECT", .everything),
    ("SELECT id,bogus,seq", Query(select: [.id, .sequence])),
    ("SELECT id,id", Query(select: [.id])),
    ("SELECT user_type,id", Query(select: [.userType, .id])),
    ("SELECT id, value_type", Query(select: [.id])),
    ("SELECT id FROM x WHERE id=3", Query(select: [.id], where: [.id(3)])),
    ("WHERE id = 5 , value_type = 3", Query(where: [.id(5), .valueType(3)])),
    ("WHERE user_type=\"text/plain\"", Query(where: [.userType(Array("text/plain".utf8))])),
    ("WHERE user_type=text/plain", Query(where: [.userType(Array("text/plain".utf8))])),
    ("WHERE user_type=\"a,b\"", Query(where: [.userType(Array("\"a".utf8))])),
    ("WHERE user_type=a=b", Query(where: [.userType(Array("a".utf8))])),
    ("WHERE id=abc", Query(where: [.id(0)])),
    ("WHERE id=12abc", Query(where: [.id(12)])),
    ("WHERE id=-1", Query(where: [.id(.max)])),
    ("WHERE id=99999999999999999999999", Query(where: [.id(.max)])),
    ("WHERE id=18446744073709551615", Query(where: [.id(.max)])),
    ("WHERE value_type=70000", Query(where: [.valueType(4464)])),
    ("WHERE seq=5", Query(where: [.sequence(5)])),
    ("WHERE seq=65541", Query(where: [.sequence(5)])),
    (
      "WHERE owner_pk=ABCDEF6789012345678901234567890123456789",
      Query(where: [.owner(InfoHash(hex: "abcdef6789012345678901234567890123456789")!)])
    ),
    (
      "WHERE owner_pk=abcdef67890123456789012345678901234567890000",
      Query(where: [.owner(InfoHash(hex: "abcdef6789012345678901234567890123456789")!)])
    ),
    ("WHERE owner_pk=abcd", Query(where: [.owner(.zero)])),
    ("WHERE owner_pk=xbcdef6789012345678901234567890123456789", Query(where: [.owner(.zero)])),
    ("WHERE id=", .everything),
    ("WHERE id", .everything),
    ("WHERE bogus=", .everything),
    ("WHERE \"quoted\"", .everything),
    ("WHERE ,,,", .everything),
    ("WHERE id=5,id=5", Query(where: [.id(5)])),
    ("WHERE id=5,id=6", Query(where: [.id(5), .id(6)])),
    ("xWHEREid=5", Query(where: [.id(5)])),
    ("WHERE user_type=\"", Query(where: [.userType([0x22])])),
  ]

  @Test("W§6.5: text to query", arguments: rows)
  func parses(_ text: String, _ query: Query) throws {
    #expect(try Query(parsing: text) == query)
  }

  @Test("W§6.5: an unknown field with a value is an error")
  func unknownField() {
    #expect(throws: QueryError.unknownField("bogus")) { try Query(parsing: "WHERE bogus=5") }
    #expect(throws: QueryError.unknownField("")) { try Query(parsing: "WHERE =5") }
    #expect(QueryError.unknownField("bogus").description.hasPrefix("Error parsing query."))
  }

  @Test("W§6.5: printed form")
  func prints() {
    #expect(Query.everything.description == "Query[SELECT * ]")
    let query = Query(
      select: [.id, .owner],
      where: [.id(1), .valueType(2), .owner(.zero), .sequence(4), .userType(Array("t".utf8))])
    #expect(
      query.description == "Query[SELECT id,owner_public_key WHERE id=1,value_type=2,"
        + "owner_pk_hash=0000000000000000000000000000000000000000,seq=4,user_type=t]")
  }

  @Test("W§6.4: when one query answers another")
  func satisfaction() {
    let all = Query.everything, ids = Query(select: [.id]), both = Query(select: [.sequence, .id])
    let five = Query(where: [.id(5)]), fiveAndType = Query(where: [.id(5), .valueType(1)])
    #expect(all.isSatisfied(by: all))
    #expect(!ids.isSatisfied(by: all))
    #expect(!all.isSatisfied(by: ids))
    #expect(ids.isSatisfied(by: both))
    #expect(!both.isSatisfied(by: ids))
    #expect(five.isSatisfied(by: all))
    #expect(!all.isSatisfied(by: five))
    #expect(fiveAndType.isSatisfied(by: five))
    #expect(!five.isSatisfied(by: fiveAndType))
    #expect(!five.isSatisfied(by: Query(where: [.id(6)])))
  }

  @Test("W§6.2: all filters must hold; unsigned and encrypted values have no owner")
  func matching() {
    let plain = Value([1], userType: "t", type: 3, id: 5)
    let signed = Value(
      id: 6, content: .signed(Value.Body(type: 3, data: []), Value.Signature(owner: [9], sequence: 2, signature: [])))
    let encrypted = Value(id: 7, content: .encrypted([1]))
    func matches(_ value: Value, _ filters: Query.Filter...) -> Bool {
      Query(where: filters).matches(value) { $0 == [9] ? InfoHash(1, 1, 1, 1, 1) : nil }
    }
    #expect(matches(plain, .id(5), .valueType(3), .userType([0x74])))
    #expect(!matches(plain, .id(5), .valueType(4)))
    #expect(matches(signed, .owner(InfoHash(1, 1, 1, 1, 1)), .sequence(2)))
    #expect(!matches(signed, .owner(.zero)))
    #expect(!matches(plain, .owner(.zero)))
    #expect(!matches(encrypted, .owner(.zero)))
    #expect(matches(encrypted, .valueType(0), .sequence(0), .userType([])))
  }
}
