import NIOCore
import OpenDHT
import Testing

@testable import DHTProxyServer

/// The parts of a watch that decide: one line for each step.
@Suite struct WatchTests {
  private func event(_ kind: WatchEvent.Kind, _ id: Value.ID, _ text: String = "") -> WatchEvent {
    WatchEvent(
      kind: kind, line: WatchLine(Array(text.utf8)), fields: ValueFields(Value("", id: id)) { _ in .zero })
  }

  @Test(
    "X-49: changes that wait are merged for each value, in every pair",
    arguments: [
      ("added", "added", "added new"), ("added", "updated", "added new"), ("added", "expired", nil),
      ("updated", "added", "updated new"), ("updated", "updated", "updated new"), ("updated", "expired", "expired new"),
      ("expired", "added", "updated new"), ("expired", "updated", "updated new"), ("expired", "expired", "expired new"),
    ] as [(String, String, String?)])
  func merging(first: String, second: String, result: String?) {
    let kinds: [String: WatchEvent.Kind] = ["added": .added, "updated": .updated, "expired": .expired]
    var backlog = WatchBacklog()
    backlog.take(event(kinds[first] ?? .added, 7, "old"))
    backlog.take(event(kinds[second] ?? .added, 7, "new"))
    let left = backlog.popFirst().map { "\($0.kind) " + String(buffer: $0.line.plain) }
    #expect(left == result)
    #expect(backlog.isEmpty)
  }

  @Test("X-49: what waits is bounded by the values that live")
  func bounded() {
    var backlog = WatchBacklog()
    for round in 0..<1000 {
      for id in 1...10 as ClosedRange<UInt64> { backlog.take(event(.updated, id, "\(round)")) }
      backlog.take(event(.added, UInt64(100 + round)))
      backlog.take(event(.expired, UInt64(100 + round)))
    }
    #expect(backlog.count == 10)
    var ids: [Value.ID] = []
    while let event = backlog.popFirst() { ids.append(event.id) }
    #expect(ids == Array(1...10))
  }

  @Test("X-44 X-46: those who come later hear of what is there, each once, and of no more")
  func values() {
    var values = WatchValues()
    expect(&values, event(.expired, 1), nil)
    expect(&values, event(.added, 2, "b"), .added)
    expect(&values, event(.added, 1, "a"), .added)
    expect(&values, event(.updated, 2, "c"), .updated)
    #expect(values.all.map { String(buffer: $0.line.plain) } == ["c", "a"])
    #expect(values.all.allSatisfy { $0.kind == .added })
    expect(&values, event(.expired, 2), .expired)
    #expect(values.all.map(\.id) == [1])
  }

  @Test("a line is written once, with and without its size")
  func line() {
    let line = WatchLine(Array("{\"id\":\"1\"}\n".utf8))
    #expect(String(buffer: line.chunk) == "B\r\n{\"id\":\"1\"}\n\r\n")
    #expect(String(buffer: line.plain) == "{\"id\":\"1\"}\n")
    #expect(String(buffer: WatchLine.heartbeat.chunk) == "1\r\n \r\n")
  }

  @Test("X-49: a stall is when nothing leaves though something waits")
  func stall() {
    var progress = WriteProgress()
    expect(&progress, 0, 100, isStalled: false)
    progress.written = 1000
    expect(&progress, 900, 101, isStalled: false)  // 100 bytes have left
    expect(&progress, 900, 103, isStalled: false)
    progress.written = 1500
    expect(&progress, 1399, 103, isStalled: false)  // another one
    expect(&progress, 1399, 105, isStalled: false)
    expect(&progress, 1399, 106, isStalled: true)
    expect(&progress, 0, 107, isStalled: false)
  }

  private func expect(_ values: inout WatchValues, _ event: WatchEvent, _ kind: WatchEvent.Kind?) {
    let told = values.take(event)
    #expect(told?.kind == kind)
  }

  private func expect(_ progress: inout WriteProgress, _ waiting: Int, _ tick: UInt32, isStalled: Bool) {
    let answer = progress.isStalled(waiting: waiting, tick: tick, limit: 3)
    #expect(answer == isStalled, "\(tick)")
  }
}
