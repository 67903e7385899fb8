public import COpenDHT
internal import NIOConcurrencyHelpers
internal import OpenDHT

private typealias QueryBox = Held<NIOLockedValueBox<Query>>

/// The query behind a handle; everything for NULL.
func query(_ handle: OpaquePointer?) -> Query {
  object(handle, as: QueryBox.self)?.content.withLockedValue { $0 } ?? .everything
}

private func edit(_ handle: OpaquePointer?, _ change: (inout Query) -> Void) {
  object(handle, as: QueryBox.self)?.content.withLockedValue(change)
}

/// Each condition once, as in the text form.
private func add(_ filter: Query.Filter, to handle: OpaquePointer?) {
  edit(handle) { if !$0.filters.contains(filter) { $0.filters.append(filter) } }
}

@c @implementation
public func odht_query_new(_ text: UnsafePointer<CChar>!) -> OpaquePointer! {
  attempt { newHandle(QueryBox(NIOLockedValueBox(try Query(parsing: CInterface.text(text) ?? "")))) }
}

@c @implementation
public func odht_query_copy(_ query: OpaquePointer!) -> OpaquePointer! {
  newHandle(QueryBox(NIOLockedValueBox(CInterface.query(query))))
}

@c @implementation
public func odht_query_delete(_ query: OpaquePointer!) { release(query, as: QueryBox.self) }

@c @implementation
public func odht_query_select(_ query: OpaquePointer!, _ field: Int32) -> Bool {
  guard let field = UInt8(exactly: field).flatMap(Query.Field.init(rawValue:)) else {
    fail("no field has the number \(field)")
    return false
  }
  edit(query) { if !$0.select.contains(field) { $0.select.append(field) } }
  return true
}

@c @implementation
public func odht_query_where_id(_ query: OpaquePointer!, _ id: dht_value_id) { add(.id(id), to: query) }

@c @implementation
public func odht_query_where_value_type(_ query: OpaquePointer!, _ type: UInt16) { add(.valueType(type), to: query) }

@c @implementation
public func odht_query_where_owner(_ query: OpaquePointer!, _ owner: UnsafePointer<dht_infohash>!) {
  add(.owner(owner?.pointee.hash ?? .zero), to: query)
}

@c @implementation
public func odht_query_where_sequence(_ query: OpaquePointer!, _ sequence: UInt16) {
  add(.sequence(sequence), to: query)
}

@c @implementation
public func odht_query_where_user_type(_ query: OpaquePointer!, _ userType: UnsafePointer<CChar>!) {
  add(.userType(terminated(userType)), to: query)
}

@c @implementation
public func odht_query_is_satisfied_by(_ query: OpaquePointer!, _ other: OpaquePointer!) -> Bool {
  CInterface.query(query).isSatisfied(by: CInterface.query(other))
}

@c @implementation
public func odht_query_matches(_ query: OpaquePointer!, _ value: OpaquePointer!) -> Bool {
  guard let value = sharedValue(value)?.value else { return false }
  return CInterface.query(query).matches(value) { publicKeyID($0) }
}

@c @implementation
public func odht_query_print(_ query: OpaquePointer!) -> UnsafeMutablePointer<CChar>! {
  allocated(CInterface.query(query).description)
}
