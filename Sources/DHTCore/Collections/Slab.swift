/// Elements at small numbers that stay the same while they live; freed numbers are used again.
struct Slab<Element> {
  private var elements: [Element] = []
  private var free: [Int] = []
  private let vacant: Element

  /// An empty slab. `vacant` takes the place of removed elements, so that what they held is let go.
  init(vacant: Element) { self.vacant = vacant }

  var count: Int { elements.count - free.count }

  /// The element at a number that `insert` gave and `remove` did not take back.
  subscript(number: Int) -> Element {
    _read { yield elements[number] }
    _modify { yield &elements[number] }
  }

  /// Stores an element and names its place.
  mutating func insert(_ element: Element) -> Int {
    if let number = free.popLast() {
      elements[number] = element
      return number
    }
    elements.append(element)
    return elements.count - 1
  }

  /// Takes an element out.
  @discardableResult
  mutating func remove(at number: Int) -> Element {
    var element = vacant
    swap(&element, &elements[number])
    free.append(number)
    return element
  }
}

extension Slab: Sendable where Element: Sendable {}
