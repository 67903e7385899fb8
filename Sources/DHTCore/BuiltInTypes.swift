public import DHTModel

extension ValueType {
  /// The types that every node of the network knows. (wire.md §11.2)
  public static let builtIn: [ValueType] = []
}
