/// Elements of a slab in the order in which they came, linked through the elements themselves: adding, and taking
/// out of the middle, cost the same however long the chain is. No chain is empty; nil stands for that.
struct Chain: Sendable {
  fileprivate(set) var first, last: Int
  fileprivate(set) var count: Int
}

/// An element that can stand in one chain.
protocol Chained {
  /// Places before and after it.
  var previous: Int? { get set }
  var next: Int? { get set }
}

extension Slab where Element: Chained {
  /// Links the element at a place to the end of a chain.
  mutating func link(_ place: Int, to chain: inout Chain?) {
    self[place].previous = chain?.last
    self[place].next = nil
    if let last = chain?.last { self[last].next = place }
    chain = Chain(first: chain?.first ?? place, last: place, count: (chain?.count ?? 0) + 1)
  }

  /// Takes the element at a place out of its chain.
  mutating func unlink(_ place: Int, from chain: inout Chain?) {
    let (previous, next) = (self[place].previous, self[place].next)
    if let previous { self[previous].next = next }
    if let next { self[next].previous = previous }
    guard let old = chain, let neighbour = previous ?? next else {
      chain = nil
      return
    }
    chain = Chain(
      first: previous == nil ? neighbour : old.first, last: next == nil ? neighbour : old.last, count: old.count - 1)
  }

  /// Visits the elements of a chain, the first first.
  func forEach(in chain: Chain?, _ body: (borrowing Element) -> Void) {
    var place = chain?.first
    while let current = place {
      body(self[current])
      place = self[current].next
    }
  }
}
