import DHTModel
import DHTSecurity

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// How long it takes to sign, verify, encrypt and decrypt a value of 600 bytes: `crypto-speed SECONDS KEY.pem…`
///
/// A line for each: the key's bits, the operation, milliseconds of the median. Benchmarks/crypto.py does the same work
/// with the reference and compares.
@main
struct CryptoSpeed {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let seconds = arguments.first.flatMap({ Double($0) }), arguments.count > 1 else {
      print("crypto-speed SECONDS KEY.pem…")
      return
    }
    for path in arguments.dropFirst() {
      let key = try PrivateKey(decoding: Array(Data(contentsOf: URL(filePath: path))))
      try measure(key, .seconds(seconds))
    }
  }

  private static func measure(_ key: PrivateKey, _ budget: Duration) throws {
    let data = (0..<600).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let publicKey = key.publicKey
    let (signature, cypher) = (try key.sign(data), try publicKey.encrypt(data))
    let bits = signature.count * 8
    let signed = try Value(data, id: 1).signed(by: key, sequence: 1)
    var right = 0
    report(bits, "sign", median(budget) { right += (try? key.sign(data).count) ?? 0 })
    report(bits, "verify", median(budget) { right += publicKey.isValid(signature: signature, for: data) ? 1 : 0 })
    report(
      bits, "verify, key read each time",
      median(budget) {
        let read = try? PublicKey(decoding: publicKey.derRepresentation)
        right += read?.isValid(signature: signature, for: data) == true ? 1 : 0
      })
    report(bits, "verify a whole value", median(budget) { right += signed.hasValidSignature ? 1 : 0 })
    report(bits, "encrypt", median(budget) { right += (try? publicKey.encrypt(data).count) ?? 0 })
    report(bits, "decrypt", median(budget) { right += (try? key.decrypt(cypher).count) ?? 0 })
    precondition(right > 0)
  }

  private static func report(_ bits: Int, _ operation: String, _ time: Duration) {
    print("\(bits)\t\(operation)\t\(time / .milliseconds(1))")
  }

  private static func median(_ budget: Duration, _ work: () -> Void) -> Duration {
    let clock = ContinuousClock()
    work()
    var times: [Duration] = []
    let end = clock.now + budget
    while clock.now < end || times.count < 5 { times.append(clock.measure(work)) }
    times.sort()
    return times[times.count / 2]
  }
}
