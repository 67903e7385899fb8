/// Something that is done for each datagram.
struct Path {
  /// As it stands in `Benchmarks/Thresholds`.
  let name: String
  /// Does it once; told how often it was done before.
  let call: (Int) -> Void
}
