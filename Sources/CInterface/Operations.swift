public import COpenDHT
internal import OpenDHT

func runner(_ handle: OpaquePointer?) -> Runner? { object(handle, as: Runner.self) }

extension UnsafePointer<dht_infohash>? {
  fileprivate var hash: InfoHash { self?.pointee.hash ?? .zero }
}

/// Milliseconds of C's; 0 is none.
private func duration(_ milliseconds: UInt32) -> Duration? { milliseconds == 0 ? nil : .milliseconds(milliseconds) }

/// How long `dht_runner_shutdown` waits for running operations: longer than any of them takes.
private let shutdownTimeout: Duration = .seconds(60)

// MARK: As OpenDHT has them

@c @implementation
public func dht_runner_get(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ cb: dht_get_cb!, _ doneCb: dht_done_cb!,
  _ userData: UnsafeMutableRawPointer!
) {
  let done = DoneCall(flag: doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return done(Report(.notRunning)) }
  _ = runner.get(key.hash, where: [], deadline: nil, ValueCall(function: cb, userData: userData), done)
}

@c @implementation
public func dht_runner_listen(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ cb: dht_value_cb!, _ doneCb: dht_shutdown_cb!,
  _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  let done = DoneCall(bare: doneCb, userData)
  guard let runner = CInterface.runner(runner) else {
    done(Report(.notRunning))
    return nil
  }
  let operation = runner.listen(to: key.hash, where: [], ChangeCall(function: cb, userData: userData), done)
  return operation.exists ? newHandle(operation) : nil
}

@c @implementation
public func dht_runner_cancel_listen(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ token: OpaquePointer!
) {
  object(token, as: OperationBox.self)?.cancel()
}

@c @implementation
public func dht_op_token_delete(_ token: OpaquePointer!) { release(token, as: OperationBox.self) }

@c @implementation
public func dht_runner_put(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ value: OpaquePointer!, _ doneCb: dht_done_cb!,
  _ userData: UnsafeMutableRawPointer!, _ permanent: Bool
) {
  _ = put(runner, key, value, .plain, permanent: permanent, DoneCall(flag: doneCb, userData))
}

@c @implementation
public func dht_runner_put_signed(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ value: OpaquePointer!, _ doneCb: dht_done_cb!,
  _ userData: UnsafeMutableRawPointer!, _ permanent: Bool
) {
  _ = put(runner, key, value, .signed, permanent: permanent, DoneCall(flag: doneCb, userData))
}

@c @implementation
public func odht_runner_put_encrypted(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ toID: UnsafePointer<dht_infohash>!,
  _ toLongID: UnsafePointer<dht_pkid>!, _ value: OpaquePointer!, _ doneCb: dht_done_cb!,
  _ userData: UnsafeMutableRawPointer!, _ permanent: Bool
) {
  let done = DoneCall(flag: doneCb, userData)
  guard let recipient = Recipient(toID?.pointee.hash, toLongID?.pointee.id) else {
    fail("the recipient is missing")
    _ = refuse(runner, done)
    return
  }
  _ = put(runner, key, value, .encrypted(recipient), permanent: permanent, done)
}

private func put(
  _ runner: OpaquePointer?, _ key: UnsafePointer<dht_infohash>?, _ value: OpaquePointer?, _ kind: Runner.PutKind,
  permanent: Bool, verify: Bool = false, created: WallTime? = nil, deadline: Duration? = nil, _ done: DoneCall
) -> OperationBox {
  guard let runner = CInterface.runner(runner), let value = sharedValue(value) else { return refuse(runner, done) }
  let (identified, hasDrawnID) = value.identified()
  let request = PutRequest(
    value: identified, key: key.hash, isPermanent: permanent, verify: verify, created: created, deadline: deadline,
    hasDrawnID: hasDrawnID)
  return runner.put(request, kind, done)
}

/// Ends an operation that something is missing for.
private func refuse(_ runner: OpaquePointer?, _ done: DoneCall) -> OperationBox {
  let error = DHTError.coding("something is missing")
  guard let runner = CInterface.runner(runner) else {
    done(Report(error))
    return OperationBox(nil)
  }
  return runner.refuse(error, done)
}

@c @implementation
public func dht_runner_cancel_put(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ id: dht_value_id
) {
  let key = key.hash
  CInterface.runner(runner)?.cancelPut(id, at: key)
}

@c @implementation
public func dht_runner_ping(
  _ runner: OpaquePointer!, _ address: UnsafeMutablePointer<sockaddr>!, _ size: socklen_t, _ doneCb: dht_done_cb!,
  _ userData: UnsafeMutableRawPointer!
) {
  let done = DoneCall(flag: doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return done(Report(.notRunning)) }
  guard let host = Host(address, size) else {
    fail("not an address that can be pinged")
    _ = runner.refuse(.cannotResolve(Host(name: "")), done)
    return
  }
  _ = runner.ping(host, deadline: nil, done)
}

@c @implementation
public func dht_runner_shutdown(
  _ runner: OpaquePointer!, _ doneCb: dht_shutdown_cb!, _ userData: UnsafeMutableRawPointer!
) {
  let done = DoneCall(bare: doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return done(Report(.notRunning)) }
  runner.shutdown(timeout: shutdownTimeout, done)
}

// MARK: Beyond it

@c @implementation
public func odht_operation_cancel(_ operation: OpaquePointer!) { object(operation, as: OperationBox.self)?.cancel() }

@c @implementation
public func odht_operation_delete(_ operation: OpaquePointer!) { release(operation, as: OperationBox.self) }

@c @implementation
public func odht_runner_get(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ filter: OpaquePointer!, _ deadline: UInt32,
  _ cb: dht_get_cb!, _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  let done = DoneCall(doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return noOperation(done) }
  return newHandle(
    runner.get(
      key.hash, where: CInterface.query(filter).filters, deadline: duration(deadline),
      ValueCall(function: cb, userData: userData), done))
}

/// The handle of an operation that could not begin, whose end is told here.
private func noOperation(_ done: DoneCall) -> OpaquePointer {
  done(Report(.notRunning))
  return newHandle(OperationBox(nil))
}

@c @implementation
public func odht_runner_query(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ query: OpaquePointer!, _ deadline: UInt32,
  _ cb: odht_record_cb!, _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  let done = DoneCall(doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return noOperation(done) }
  return newHandle(
    runner.query(
      CInterface.query(query), at: key.hash, deadline: duration(deadline),
      RecordCall(function: cb, userData: userData), done))
}

@c @implementation
public func odht_runner_listen(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ filter: OpaquePointer!, _ cb: dht_value_cb!,
  _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  let done = DoneCall(doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return noOperation(done) }
  return newHandle(
    runner.listen(
      to: key.hash, where: CInterface.query(filter).filters, ChangeCall(function: cb, userData: userData), done))
}

@c @implementation
public func odht_runner_ping(
  _ runner: OpaquePointer!, _ host: UnsafePointer<CChar>!, _ service: UnsafePointer<CChar>!, _ deadline: UInt32,
  _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  let done = DoneCall(doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return noOperation(done) }
  guard let host = Host(text(host), service: text(service)) else {
    fail("not a host: name, name:port or [address]:port")
    return newHandle(runner.refuse(.cannotResolve(Host(name: text(host) ?? "")), done))
  }
  return newHandle(runner.ping(host, deadline: duration(deadline), done))
}

@c @implementation
public func odht_put_options_default(_ options: UnsafeMutablePointer<odht_put_options>!) {
  options?.pointee = odht_put_options()
  options?.pointee.size = MemoryLayout<odht_put_options>.size
}

@c @implementation
public func odht_runner_put(
  _ runner: OpaquePointer!, _ key: UnsafePointer<dht_infohash>!, _ value: OpaquePointer!,
  _ options: UnsafePointer<odht_put_options>!, _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) -> OpaquePointer! {
  let done = DoneCall(doneCb, userData)
  guard let options = attempt({ try read(options) ?? odht_put_options() }) else {
    return newHandle(refuse(runner, done))
  }
  let recipient =
    held(options.to_key, PublicKey.self).map { Recipient.key($0) }
    ?? Recipient(options.to_id?.pointee.hash, options.to_long_id?.pointee.id)
  guard recipient != nil || !options.is_encrypted else {
    fail("the recipient is missing")
    return newHandle(refuse(runner, done))
  }
  let kind: Runner.PutKind = recipient.map { .encrypted($0) } ?? (options.is_signed ? .signed : .plain)
  return newHandle(
    put(
      runner, key, value, kind, permanent: options.permanent, verify: options.verify,
      created: options.created == 0 ? nil : WallTime(seconds: options.created), deadline: duration(options.deadline),
      done))
}

@c @implementation
public func odht_runner_shutdown(
  _ runner: OpaquePointer!, _ timeout: UInt32, _ doneCb: odht_done_cb!, _ userData: UnsafeMutableRawPointer!
) {
  let done = DoneCall(doneCb, userData)
  guard let runner = CInterface.runner(runner) else { return done(Report(.notRunning)) }
  runner.shutdown(timeout: .milliseconds(timeout), done)
}

@c @implementation
public func odht_runner_find_certificate(
  _ runner: OpaquePointer!, _ id: UnsafePointer<dht_infohash>!, _ longID: UnsafePointer<dht_pkid>!,
  _ trust: OpaquePointer!, _ cb: odht_certificate_cb!, _ userData: UnsafeMutableRawPointer!
) {
  let call = CertificateCall(function: cb, userData: userData)
  guard let runner = CInterface.runner(runner), let recipient = Recipient(id?.pointee.hash, longID?.pointee.id) else {
    return call(nil)
  }
  runner.findCertificate(of: recipient, trustedBy: trustList(trust), call)
}

extension Recipient {
  /// Whose ids these are; nil when neither is known.
  fileprivate init?(_ id: InfoHash?, _ longID: PublicKeyID?) {
    switch (id, longID) {
    case (let id?, let longID?): self = .ids(id, longID)
    case (let id?, nil): self = .id(id)
    case (nil, let longID?): self = .longID(longID)
    case (nil, nil): return nil
    }
  }
}
