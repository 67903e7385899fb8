/// Elements of which the least comes out first.
///
/// Four children per place: half the depth of a binary heap, and children share cache lines. All of it can be inlined: used
/// through its module's border, a generic heap was up to 23 times slower.
public struct Heap<Element: Comparable> {
  @usableFromInline var places: [Element] = []

  /// An empty heap.
  @inlinable public init() {}

  /// How many elements it has.
  @inlinable public var count: Int { places.count }
  /// Whether it has none.
  @inlinable public var isEmpty: Bool { places.isEmpty }
  /// The least element.
  @inlinable public var first: Element? { places.first }

  /// Adds an element.
  @inlinable public mutating func insert(_ element: Element) {
    places.append(element)
    places.withUnsafeMutableBufferPointer { Self.rise($0, from: $0.count - 1) }
  }

  /// Takes out the least element.
  @inlinable public mutating func popFirst() -> Element? {
    guard let last = places.popLast() else { return nil }
    guard let first = places.first else { return last }
    places.withUnsafeMutableBufferPointer { Self.sink($0, last, from: 0) }
    return first
  }

  /// Takes out every element that passes a test, in time proportional to `count`.
  @inlinable public mutating func removeAll(where test: (Element) -> Bool) {
    places.removeAll(where: test)
    guard places.count > 1 else { return }
    places.withUnsafeMutableBufferPointer { places in
      for index in stride(from: (places.count - 2) / 4, through: 0, by: -1) {
        Self.sink(places, places[index], from: index)
      }
    }
  }
}

extension Heap {
  @inlinable static func rise(_ places: UnsafeMutableBufferPointer<Element>, from start: Int) {
    let element = places[start]
    var place = start
    while place > 0 {
      let parent = (place - 1) / 4
      guard element < places[parent] else { break }
      places[place] = places[parent]
      place = parent
    }
    places[place] = element
  }

  /// Puts an element in at a place whose old content is no longer wanted, or below it.
  @inlinable static func sink(_ places: UnsafeMutableBufferPointer<Element>, _ element: Element, from start: Int) {
    let count = places.count
    var place = start
    while true {
      let firstChild = 4 * place + 1
      guard firstChild < count else { break }
      var least = firstChild
      for child in firstChild + 1..<max(min(firstChild + 4, count), firstChild + 1)
      where places[child] < places[least] {
        least = child
      }
      guard places[least] < element else { break }
      places[place] = places[least]
      place = least
    }
    places[place] = element
  }
}

extension Heap: Sendable where Element: Sendable {}
