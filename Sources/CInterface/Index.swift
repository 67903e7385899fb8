public import COpenDHT
internal import DHTIndex
internal import NIOConcurrencyHelpers
internal import OpenDHT

/// An index of C's. Each life of its runner has an index of its own, which tends the entries inserted in it.
final class Index: Sendable {
  let fields: IndexFields
  private let runner: Runner
  private let name: [UInt8]
  private struct State {
    var current: (life: Life, index: PrefixIndex)?
    /// What runs; nil for a task that is just being made.
    var tasks: [Int: Task<Void, Never>?] = [:]
    var number = 0
    var isDeleted = false
    var idle = Gate<Void>()
  }
  private let state = NIOLockedValueBox(State())

  init(_ runner: Runner, named name: [UInt8], fields: IndexFields) throws(IndexError) {
    (self.runner, self.name, self.fields) = (runner, name, fields)
    try fields.validate()
  }

  /// Does something on the runner's thread; what cannot begin calls back here and now.
  func perform(_ done: DoneCall, _ work: @escaping @Sendable (PrefixIndex) async -> Report) -> OperationBox {
    guard let life = runner.life, let index = index(in: life) else {
      done(Report(.notRunning))
      return OperationBox(nil)
    }
    let number = state.withLockedValue { state in
      state.number += 1
      state.tasks[state.number] = .some(nil)
      return state.number
    }
    let task = life.perform { [self] _ in
      let report = await work(index)
      done(report)
      finished(number)
    }
    guard let task else {
      finished(number)
      done(Report(.notRunning))
      return OperationBox(nil)
    }
    state.withLockedValue { if $0.tasks[number] != nil { $0.tasks[number] = task } }
    return OperationBox(task)
  }

  private func finished(_ number: Int) {
    state.withLockedValue { state in
      state.tasks[number] = nil
      if state.isDeleted, state.tasks.isEmpty { state.idle.open(()) }
    }
  }

  private func index(in life: Life) -> PrefixIndex? {
    state.withLockedValue { state in
      if let current = state.current, current.life === life { return current.index }
      // Its tasks are the life's, whose end waits for them.
      let index = try? PrefixIndex(
        on: life.dht, named: name, fields: fields, spawn: { work in life.perform { _ in await work() } })
      state.current = index.map { (life, $0) }
      return index
    }
  }

  /// Ends what runs, and waits until every callback has returned; on the runner's own thread it only begins that.
  func end() {
    let (life, tasks, idle) = state.withLockedValue { state in
      state.isDeleted = true
      defer { state.current = state.current.flatMap { $0.life.isOurs ? nil : $0 } }
      return (state.current?.life, state.tasks, state.idle)
    }
    guard let life else { return }
    // In a child of fork(2) everything stays as the parent left it, and never ends.
    guard life.isOurs else {
      _ = Unmanaged.passRetained(self)
      return
    }
    for task in tasks.values { task?.cancel() }
    if !tasks.isEmpty, !life.thread.isCurrent { _ = idle.wait() }
  }
}

/// An `odht_index_cb`. Sendable: as the calls of Calls.swift.
private struct IndexCall: @unchecked Sendable {
  let function: odht_index_cb?
  let userData: UnsafeMutableRawPointer?

  func callAsFunction(_ result: IndexResult) {
    guard let function else { return }
    let entries = result.entries.map { odht_index_entry(hash: dht_infohash($0.hash), id: $0.id) }
    entries.withUnsafeBufferPointer { buffer in
      result.leaf.description.withCString { function(buffer.baseAddress, buffer.count, $0, userData) }
    }
  }
}

extension Report {
  fileprivate convenience init(_ error: IndexError) {
    switch error {
    case .network(let error): self.init(error)
    default: self.init(.coding(error.description))
    }
  }
}

extension IndexKey {
  /// The key that C's fields make; a later value of the same field takes the place of an earlier one.
  fileprivate init(_ key: UnsafePointer<odht_index_key>?, _ count: Int) {
    let fields = UnsafeBufferPointer(start: key, count: key == nil ? 0 : max(0, count))
    self.init(Dictionary(fields.map { (terminated($0.name), bytes($0.data, $0.size)) }) { $1 })
  }
}

private func index(_ handle: OpaquePointer?) -> Index? { object(handle, as: Index.self) }

/// The index and the key; nil, and the reason remembered, when they do not fit.
private func checked(
  _ handle: OpaquePointer?, _ key: UnsafePointer<odht_index_key>?, _ count: Int
) -> (index: Index, key: IndexKey)? {
  guard let index = index(handle) else {
    fail("there is no index")
    return nil
  }
  let key = IndexKey(key, count)
  return succeeds { try index.fields.validate(key) } ? (index, key) : nil
}

@c @implementation
public func odht_index_new(
  _ runner: OpaquePointer!, _ name: UnsafePointer<UInt8>!, _ nameSize: Int,
  _ fields: UnsafePointer<odht_index_field>!, _ fieldCount: Int
) -> OpaquePointer! {
  guard let runner = CInterface.runner(runner) else {
    fail("there is no runner")
    return nil
  }
  let fields = UnsafeBufferPointer(start: fields, count: fields == nil ? 0 : max(0, fieldCount))
  // What C counts beyond the half of all numbers arrives as a negative one.
  let sizes = fields.map { (name: terminated($0.name), byteCount: $0.size < 0 ? .max : $0.size) }
  return attempt { newHandle(try Index(runner, named: bytes(name, nameSize), fields: IndexFields(sizes))) }
}

@c @implementation
public func odht_index_delete(_ index: OpaquePointer!) {
  CInterface.index(index)?.end()
  release(index, as: Index.self)
}

@c @implementation
public func odht_index_is_valid(
  _ index: OpaquePointer!, _ key: UnsafePointer<odht_index_key>!, _ fieldCount: Int
) -> Bool { checked(index, key, fieldCount) != nil }

@c @implementation
public func odht_index_lookup(
  _ index: OpaquePointer!, _ key: UnsafePointer<odht_index_key>!, _ fieldCount: Int, _ match: Int32,
  _ cb: odht_index_cb!, _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  guard let (index, key) = checked(index, key, fieldCount) else { return nil }
  let call = IndexCall(function: cb, userData: userData)
  let match = match == Int32(ODHT_INDEX_NEAREST) ? IndexMatch.nearest : .exact
  let operation = index.perform(DoneCall(doneCb, userData)) { index in
    do throws(IndexError) {
      call(try await index.lookup(key, match))
      return Report(nil as DHTError?)
    } catch {
      return Report(error)
    }
  }
  return newHandle(operation)
}

@c @implementation
public func odht_index_insert(
  _ index: OpaquePointer!, _ key: UnsafePointer<odht_index_key>!, _ fieldCount: Int,
  _ entry: UnsafePointer<odht_index_entry>!, _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  guard let (index, key) = checked(index, key, fieldCount) else { return nil }
  guard let entry = entry?.pointee else {
    fail("there is no entry")
    return nil
  }
  let inserted = IndexEntry(hash: entry.hash.hash, id: entry.id)
  let operation = index.perform(DoneCall(doneCb, userData)) { index in
    do throws(IndexError) {
      try await index.insert(inserted, under: key)
      return Report(nil as DHTError?)
    } catch {
      return Report(error)
    }
  }
  return newHandle(operation)
}
