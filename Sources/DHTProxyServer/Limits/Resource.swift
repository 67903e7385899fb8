/// What a client holds as long as it is open.
enum Resource: String, CaseIterable, Sendable {
  case connection, listen, stream
}
