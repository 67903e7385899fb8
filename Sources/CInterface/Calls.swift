internal import COpenDHT

// Callbacks of C's with the pointer that they want back. Sendable: neither is ever written, and both are only handed back, on
// the thread that the header names; what they point to is the application's affair.

/// A `dht_get_cb`.
struct ValueCall: @unchecked Sendable {
  let function: dht_get_cb?
  let userData: UnsafeMutableRawPointer?

  /// Shows a value; false when the application wants no more.
  func callAsFunction(_ value: OpaquePointer) -> Bool { function?(value, userData) ?? true }
}

/// A `dht_value_cb`.
struct ChangeCall: @unchecked Sendable {
  let function: dht_value_cb?
  let userData: UnsafeMutableRawPointer?

  func callAsFunction(_ value: OpaquePointer, isExpired: Bool) -> Bool { function?(value, isExpired, userData) ?? true }
}

/// An `odht_record_cb`.
struct RecordCall: @unchecked Sendable {
  let function: odht_record_cb?
  let userData: UnsafeMutableRawPointer?

  func callAsFunction(_ record: UnsafePointer<odht_record>) -> Bool { function?(record, userData) ?? true }
}

/// An `odht_certificate_cb`.
struct CertificateCall: @unchecked Sendable {
  let function: odht_certificate_cb?
  let userData: UnsafeMutableRawPointer?

  func callAsFunction(_ certificate: OpaquePointer?) { function?(certificate, userData) }
}

/// The end of an operation, in any of the forms in which C wants to hear of it.
struct DoneCall: @unchecked Sendable {
  private enum Form {
    case none, outcome(odht_done_cb), flag(dht_done_cb), bare(dht_shutdown_cb)
  }
  private let form: Form
  private let userData: UnsafeMutableRawPointer?

  init(_ function: odht_done_cb?, _ userData: UnsafeMutableRawPointer?) {
    (form, self.userData) = (function.map { .outcome($0) } ?? .none, userData)
  }
  init(flag function: dht_done_cb?, _ userData: UnsafeMutableRawPointer?) {
    (form, self.userData) = (function.map { .flag($0) } ?? .none, userData)
  }
  init(bare function: dht_shutdown_cb?, _ userData: UnsafeMutableRawPointer?) {
    (form, self.userData) = (function.map { .bare($0) } ?? .none, userData)
  }

  func callAsFunction(_ report: @autoclosure () -> Report) {
    switch form {
    case .none: break
    case .outcome(let function): report().show { function($0, userData) }
    case .flag(let function): function(report().isOK, userData)
    case .bare(let function): function(userData)
    }
  }
}
