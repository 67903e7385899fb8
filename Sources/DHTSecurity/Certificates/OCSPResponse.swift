public import DHTModel
internal import SwiftASN1

/// What an authority answers about a certificate. (crypto.md §2.6)
public struct OCSPResponse: Hashable, Sendable {
  /// The answer; the numbers are those of the network's API.
  public enum Status: Int, Hashable, Sendable { case good = 0, revoked = 1, unknown = 2 }

  private struct Answer: Hashable {
    var certificateID: [UInt8]
    var status: Status
    var nextUpdate: WallTime?
  }
  private let structure: SignedStructure
  private let answers: [Answer]
  private let nonce: [UInt8]?

  /// Reads a response.
  /// - Throws: `SecurityError.malformed(.ocsp)`, also for one that tells of no success.
  public init(decoding der: [UInt8]) throws(SecurityError) {
    guard der.count <= CertificateLimits.inputByteCount else { throw .malformed(.ocsp) }
    do throws(SecurityError) { self = try Self(reading: der) } catch { throw .malformed(.ocsp) }
  }

  private init(reading der: [UInt8]) throws(SecurityError) {
    var fields = try DERNode(der).children()
    guard try fields.next(.enumerated).content() == [0], var wrapped = try fields.children(if: .context(0)) else {
      throw .malformed(.ocsp)
    }
    var response = try wrapped.sequence()
    guard try response.objectIdentifier() == .ocspBasic else { throw .malformed(.ocsp) }
    structure = try SignedStructure(response.octets())
    var data = try DERNode(structure.content).children()
    _ = data.next(if: .context(0))
    _ = try data.next()  // who answers: the signature decides
    _ = try data.next(.generalizedTime)
    var answers: [Answer] = []
    for node in try data.sequence() { answers.append(try Self.answer(node)) }
    self.answers = answers
    nonce = try Self.nonce(in: data.children(if: .context(1)))
  }

  /// The answer to a request.
  ///
  /// - Parameter date: The system's date by default. An answer that is out of date says nothing.
  /// - Throws: `SecurityError.badSignature` unless the certificate's issuer itself has signed, with our nonce;
  ///   `SecurityError.malformed(.ocsp)` when it is about other certificates.
  public func status(for request: OCSPRequest, at date: WallTime? = nil) throws(SecurityError) -> Status {
    guard nonce == request.nonce, structure.isSigned(by: request.issuer.publicKey) else { throw .badSignature }
    let id = request.certificateID
    guard let answer = answers.first(where: { $0.certificateID == id }) else { throw .malformed(.ocsp) }
    if let next = answer.nextUpdate, next < date ?? DERDate.now() { return .unknown }
    return answer.status
  }

  private static func answer(_ node: DERNode) throws(SecurityError) -> Answer {
    var fields = try node.children()
    let id = try fields.next(.sequence).encoded
    let status: Status =
      switch try fields.next().identifier {
      case .context(0): .good
      case .context(1): .revoked
      default: .unknown
      }
    _ = try fields.next(.generalizedTime)
    var answer = Answer(certificateID: id, status: status)
    if var next = try fields.children(if: .context(0)) { answer.nextUpdate = try DERDate.read(next.next()) }
    return answer
  }

  private static func nonce(in extensions: DERElements?) throws(SecurityError) -> [UInt8]? {
    guard var outer = extensions else { return nil }
    for node in try outer.sequence() {
      var parts = try node.children()
      guard try parts.objectIdentifier() == .ocspNonce else { continue }
      _ = parts.next(if: .boolean)
      let value = try parts.octets()
      // Inside another octet string, but for old responders.
      return (try? DERNode(value))?.identifier == .octetString ? try DERNode(value).content() : value
    }
    return nil
  }
}
