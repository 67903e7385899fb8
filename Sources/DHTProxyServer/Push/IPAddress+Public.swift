internal import DHTModel

extension IPAddress {
  /// Whether it may be the address of a stranger's server: none of this machine, of a network behind it, of a group, or
  /// one that carries such an address within it. (IANA's special-purpose address registries)
  var isPublic: Bool {
    let address = unmapped
    guard !address.isMartian, !address.isLocal else { return false }
    switch address.family {
    case .ipv4:
      let low = address.low
      return low >> 22 != 0x6440 >> 6  // 100.64.0.0/10, behind a carrier's translation
        && low >> 8 != 0xc00000  // 192.0.0.0/24, protocols
        && low >> 8 != 0xc00002 && low >> 8 != 0xc63364 && low >> 8 != 0xcb0071  // examples
        && low >> 17 != 0xc612 >> 1  // 198.18.0.0/15, benchmarks
    case .ipv6:
      let high = address.high
      return high >> 61 == 1  // 2000::/3 is all that is given out
        && high >> 48 != 0x2002  // 6to4 has an IPv4 address in it
        && high >> 41 != 0x2001_0000 >> 9  // 2001::/23, Teredo and other protocols
        && high >> 32 != 0x2001_0db8  // examples
    }
  }
}
