import OpenDHT
import Testing

@testable import DHTTools

/// Every rule of the query text, with its example. (wire.md §6.5)
@Suite struct QueryTextTests {
  private static let owner = "373c3733bb88f53f6a34408c2fd81594dc825067"

  @Test(
    "T-21: queries are read as the network's tools read them",
    arguments: [
      ("", Query.everything),
      ("SELECT *", .everything),
      ("SELECT", .everything),
      ("Select id", .everything),
      ("SELECT bogus", .everything),
      ("SELECT id,bogus,seq,id", Query(select: [.id, .sequence])),
      ("select id,value_type,owner_pk,seq,user_type", Query(select: [.id, .valueType, .owner, .sequence, .userType])),
      ("SELECT id, value_type", Query(select: [.id])),
      ("SELECT id FROM x WHERE id=3", Query(select: [.id], where: [.id(3)])),
      ("WHERE id = 5 , value_type = 3", Query(where: [.id(5), .valueType(3)])),
      ("where user_type=text/plain", Query(where: [.userType("text/plain")])),
      ("WHERE user_type=\"text/plain\"", Query(where: [.userType("text/plain")])),
      ("WHERE user_type=\"a,b\"", Query(where: [.userType("\"a")])),
      ("WHERE user_type=a=b", Query(where: [.userType("a")])),
      ("WHERE \"quoted\"", .everything),
      ("WHERE id", .everything),
      ("WHERE id=", .everything),
      ("WHERE bogus", .everything),
      ("WHERE ,,id=5,", Query(where: [.id(5)])),
      ("WHERE id=5,id=5", Query(where: [.id(5)])),
      ("WHERE id=12abc", Query(where: [.id(12)])),
      ("WHERE id=abc", Query(where: [.id(0)])),
      ("WHERE id=-1", Query(where: [.id(.max)])),
      ("WHERE id=99999999999999999999999", Query(where: [.id(.max)])),
      ("WHERE value_type=70000", Query(where: [.valueType(4464)])),
      ("WHERE owner_pk=\(owner)", Query(where: [.owner(InfoHash(hex: owner) ?? .zero)])),
      ("WHERE owner_pk=xyz", Query(where: [.owner(.zero)])),
      ("WHERE seq=4", Query(where: [.sequence(4)])),
    ])
  func reading(text: String, query: Query) throws {
    #expect(try Query(parsing: text) == query)
  }

  @Test("T-11: an unknown field with a value is an error") func unknown() {
    #expect(throws: QueryError.unknownField("bogus")) { try Query(parsing: "WHERE bogus=1") }
    #expect(
      QueryError.unknownField("bogus").description == "Error parsing query. (WHERE) wrong token near: bogus")
  }

  @Test(
    "T-21: queries are printed",
    arguments: [
      (Query.everything, "Query[SELECT * ]"),
      (Query(where: [.userType("text/plain")]), "Query[SELECT * WHERE user_type=text/plain]"),
      (
        Query(select: [.id, .owner], where: [.id(5), .valueType(3)]),
        "Query[SELECT id,owner_public_key WHERE id=5,value_type=3]"
      ),
      (Query(where: [.owner(.zero)]), "Query[SELECT * WHERE owner_pk_hash=\(InfoHash.zero)]"),
    ])
  func printing(query: Query, text: String) {
    #expect(query.description == text)
  }

  @Test("A query without selection asks for every field of a record") func everyField() {
    #expect(
      Query(where: [.id(5)]).forRecords
        == Query(select: [.id, .valueType, .owner, .sequence, .userType], where: [.id(5)]))
  }
}
