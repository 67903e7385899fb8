import DHTModel

/// What one input changed under a key, as its listeners are told: at the end, and each value once.
struct StoreNews {
  private(set) var values: [Value] = []
  private(set) var refreshed: [Value.ID] = []
  private(set) var expired: [Value.ID] = []
  /// Where a value stands in `values`.
  private var places: [Value.ID: Int] = [:]

  /// Adds a change; what it makes untrue is taken out.
  mutating func add(_ kind: StoreChange.Kind) {
    switch kind {
    case .added(let value), .edited(let value):
      if let place = places[value.id] {
        values[place] = value
      } else {
        places[value.id] = values.count
        values.append(value)
      }
    case .refreshed(let id):
      if places[id] == nil, refreshed.last != id { refreshed.append(id) }
    case .expired(let gone):
      for value in gone {
        if let place = places.removeValue(forKey: value.id) { remove(at: place) }
        expired.append(value.id)
      }
    }
  }

  private mutating func remove(at place: Int) {
    values.remove(at: place)
    for (id, other) in places where other > place { places[id] = other - 1 }
  }
}
