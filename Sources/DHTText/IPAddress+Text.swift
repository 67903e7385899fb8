package import OpenDHT

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Parses `192.0.2.7` or `2001:db8::7`; nil for anything else, names too.
package func ipAddress(_ text: String) -> IPAddress? {
  for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
    var bytes = [UInt8](repeating: 0, count: count)
    if inet_pton(family, text, &bytes) == 1 { return IPAddress(bytes: bytes) }
  }
  return nil
}
