import DHTText
import ArgumentParser
import OpenDHT

/// Texts of a command line to what they mean; each says in one sentence what it expected.
enum Transform {
  @Sendable static func host(_ text: String) throws -> Host {
    guard let host = Host(text) else { throw ValidationError("Expected host, host:port or [address]:port.") }
    return host
  }
  @Sendable static func port(_ text: String) throws -> UInt16 {
    guard let port = portArgument(text) else { throw ValidationError("Expected a port, 0 … 65535.") }
    return port
  }
  @Sendable static func network(_ text: String) throws -> NetworkID {
    guard let network = networkArgument(text) else { throw ValidationError("Expected a number, 0 … 4294967295.") }
    return network
  }
  @Sendable static func seconds(_ text: String) throws -> Duration {
    guard let seconds = secondsArgument(text) else { throw ValidationError("Expected seconds, more than 0.") }
    return seconds
  }
  @Sendable static func valueID(_ text: String) throws -> Value.ID {
    guard let id = valueIDArgument(text) else {
      throw ValidationError("Expected a number but 0, decimal or 0x and hexadecimal.")
    }
    return id
  }
  /// The zero key is refused by every node; as text it would be hashed, which nobody means by 40 zeros.
  @Sendable static func key(_ text: String) throws -> KeyArgument {
    guard !text.isEmpty else { throw ValidationError("A key is not empty.") }
    guard InfoHash(hex: text) != .zero else { throw ValidationError("The zero key is no key.") }
    return KeyArgument(text)
  }
  /// Conditions, with or without the word WHERE before them.
  @Sendable static func filters(_ text: String) throws -> [Query.Filter] {
    let query = try parsed(QueryText.hasKeyword(text) ? text : "WHERE " + text)
    guard !query.filters.isEmpty else {
      throw ValidationError("Expected conditions, as in id=5 or user_type=text/plain.")
    }
    return query.filters
  }
  @Sendable static func query(_ text: String) throws -> Query {
    guard QueryText.hasKeyword(text) else {
      throw ValidationError("Expected SELECT id,user_type WHERE value_type=3, or a part of it.")
    }
    return try parsed(text)
  }

  private static func parsed(_ text: String) throws -> Query {
    let query: Query
    do { query = try Query(parsing: text) } catch { throw ValidationError(terminalSafe(error.description)) }
    let hasSequence = query.filters.contains { $0.field == .sequence }
    if hasSequence { throw ValidationError("A condition on seq cannot be sent: the network has no form for it.") }
    return query
  }
}
