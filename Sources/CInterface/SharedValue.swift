internal import COpenDHT
internal import NIOConcurrencyHelpers
internal import OpenDHT

/// A value that several handles of C's share, so that each sees the id that a put gives it.
final class SharedValue: Sendable {
  private struct State {
    var value: Value
    /// Named by the application; a signed value has its own.
    var recipient: InfoHash?
    /// What C looks at, each made when it is first asked for, until the value is given another.
    var data: Blob?
    var userType: Blob?
  }
  private let state: NIOLockedValueBox<State>

  init(_ value: Value) { state = NIOLockedValueBox(State(value: value)) }

  var value: Value { state.withLockedValue { $0.value } }

  /// The value to put, with an id; says whether that was drawn now.
  func identified() -> (value: Value, hasDrawnID: Bool) {
    state.withLockedValue { state in
      guard state.value.id == 0 else { return (state.value, false) }
      state.value.id = .random(in: 1 ... .max)
      return (state.value, true)
    }
  }

  var recipient: InfoHash? {
    get { state.withLockedValue { $0.recipient ?? $0.value.recipientID } }
    set { state.withLockedValue { $0.recipient = newValue } }
  }

  func setID(_ id: Value.ID) { state.withLockedValue { $0.value.id = id } }

  /// Changes what stands in the value. A signature ends with that, and what is still encrypted becomes plain.
  func edit(_ change: (inout Value.Body) -> Void) {
    state.withLockedValue { state in
      var body = state.value.body ?? Value.Body(data: [])
      let old = body
      change(&body)
      state.value.content = .plain(body)
      if body.data != old.data { state.data = nil }
      if body.userTypeBytes != old.userTypeBytes { state.userType = nil }
    }
  }

  /// The data, at a place that does not move while this object lives.
  var dataView: dht_data_view {
    state.withLockedValue { state in
      let blob = state.data ?? Blob(state.value.data)
      state.data = blob
      return blob.view
    }
  }

  /// The user type with a terminator, at a place that does not move while this object lives.
  var userTypeView: dht_data_view {
    state.withLockedValue { state in
      let blob = state.userType ?? Blob((state.value.body?.userTypeBytes ?? []) + [0])
      state.userType = blob
      return blob.view
    }
  }
}

/// One handle of a value. Each is an object of its own, so that handles differ as pointers.
final class ValueHandle: Sendable {
  let shared: SharedValue
  init(_ shared: SharedValue) { self.shared = shared }
}

func sharedValue(_ handle: OpaquePointer?) -> SharedValue? { object(handle, as: ValueHandle.self)?.shared }

extension OpaquePointer {
  /// A `dht_value` of a value.
  init(value: Value) { self = newHandle(ValueHandle(SharedValue(value))) }
}
