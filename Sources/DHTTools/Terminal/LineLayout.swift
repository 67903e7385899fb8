/// Where text stands on a terminal of some columns, wrapped as terminals wrap it.
struct LineLayout {
  struct Place: Equatable {
    var row = 0
    var column = 0
  }
  private let columns: Int
  /// Where the next character goes.
  private(set) var place = Place()

  init(columns: Int) { self.columns = max(2, columns) }

  mutating func add(_ text: some Sequence<Character>) {
    for character in text {
      let width = displayWidth(character)
      // A wide character does not start in the last column: it goes to the next row whole.
      if place.column + width > columns { place = Place(row: place.row + 1, column: 0) }
      place.column += width
    }
  }

  /// The place where the cursor can stand: a full row ends at the start of the next.
  var cursor: Place { place.column < columns ? place : Place(row: place.row + 1, column: 0) }
}
