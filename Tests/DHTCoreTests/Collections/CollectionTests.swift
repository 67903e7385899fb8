import Testing

@testable import DHTCore

@Suite struct CollectionTests {
  @Test(arguments: UInt64(1)...10)
  func queueAgreesWithAnArray(seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var queue = Queue<Int>()
    var model: [Int] = []
    for number in 0..<500 {
      if Int.random(in: 0..<5, using: &random) < (number / 100 % 2 == 0 ? 4 : 1) {
        queue.append(number)
        model.append(number)
      } else {
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(queue.count == model.count && queue.first == model.first && queue.isEmpty == model.isEmpty)
    }
  }

  struct Item: Chained {
    var number: Int
    var previous: Int?
    var next: Int?
  }

  @Test(arguments: UInt64(1)...10)
  func chainAgreesWithAnArray(seed: UInt64) {
    var random = RandomSource(Seed(seed, 0))
    var slab = Slab(vacant: Item(number: -1))
    var chain: Chain?
    var model: [Int] = []  // places
    for number in 0..<400 {
      if Bool.random(using: &random) || model.isEmpty {
        let place = slab.insert(Item(number: number))
        slab.link(place, to: &chain)
        model.append(place)
      } else {
        let place = model.remove(at: Int.random(in: 0..<model.count, using: &random))
        slab.unlink(place, from: &chain)
        slab.remove(at: place)
      }
      var seen: [Int] = []
      slab.forEach(in: chain) { seen.append($0.number) }
      #expect(seen == model.map { slab[$0].number } && slab.count == model.count)
      #expect(chain?.count == (model.isEmpty ? nil : model.count))
    }
  }

  @Test func slabLetsGoOfWhatIsRemoved() {
    final class Object {}
    var slab = Slab<Object?>(vacant: nil)
    weak var object: Object?
    let place: Int
    do {
      let kept = Object()
      object = kept
      place = slab.insert(kept)
    }
    #expect(object != nil)
    slab.remove(at: place)
    #expect(object == nil)
    #expect(slab.insert(nil) == place)
  }
}
