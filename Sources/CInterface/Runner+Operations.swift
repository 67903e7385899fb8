internal import COpenDHT
internal import DHTTransport
internal import OpenDHT

/// What cancels an operation. C holds it as an `odht_operation` or a `dht_op_token`.
final class OperationBox: Sendable {
  private let task: Task<Void, Never>?
  private let process = SystemProcess.id
  init(_ task: Task<Void, Never>?) { self.task = task }

  /// Whether there ever was an operation.
  var exists: Bool { task != nil }
  /// Ends the operation. In a child of fork(2) there is none to end, and its parent's is left alone.
  func cancel() { if process == SystemProcess.id { task?.cancel() } }
}

// Each runs as one task on the runner's thread. What cannot begin calls back here and now.
extension Runner {
  /// An operation that makes no sense: on a node that runs, this is told on its thread like any other end.
  func refuse(_ error: DHTError, _ done: DoneCall) -> OperationBox { perform(done) { _ in Report(error) } }

  private func perform(
    _ done: DoneCall, _ work: @escaping @Sendable (DHT) async -> Report
  ) -> OperationBox {
    let task = life?.perform { dht in
      let report = await work(dht)
      done(report)
    }
    if task == nil { done(Report(.notRunning)) }
    return OperationBox(task)
  }

  func get(
    _ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, _ call: ValueCall, _ done: DoneCall
  ) -> OperationBox {
    perform(done) { dht in
      let values = dht.values(at: key, where: filters, deadline: deadline)
      var isEnough = false
      for await value in values where !Self.show(value, call) {
        isEnough = true
        values.cancel()
        break
      }
      return Report(
        await values.outcome, isEnough: isEnough, isCancelled: Task.isCancelled, dropped: values.dropped)
    }
  }

  private static func show(_ value: Value, _ call: (OpaquePointer) -> Bool) -> Bool {
    let handle = OpaquePointer(value: value)
    defer { release(handle, as: ValueHandle.self) }
    return call(handle)
  }
  private static func show(_ value: Value, _ call: ValueCall) -> Bool { show(value) { call($0) } }

  func query(
    _ query: Query, at key: InfoHash, deadline: Duration?, _ call: RecordCall, _ done: DoneCall
  ) -> OperationBox {
    perform(done) { dht in
      let records = dht.query(query, at: key, deadline: deadline)
      var isEnough = false
      for await record in records where !record.show(call) {
        isEnough = true
        records.cancel()
        break
      }
      return Report(
        await records.outcome, isEnough: isEnough, isCancelled: Task.isCancelled, dropped: records.dropped)
    }
  }

  func listen(
    to key: InfoHash, where filters: [Query.Filter], _ call: ChangeCall, _ done: DoneCall
  ) -> OperationBox {
    perform(done) { dht in
      let changes = dht.listen(to: key, where: filters)
      for await change in changes {
        let goesOn =
          switch change {
          case .added(let value), .updated(let value): Self.show(value) { call($0, isExpired: false) }
          case .expired(let value): Self.show(value) { call($0, isExpired: true) }
          }
        guard !goesOn else { continue }
        changes.cancel()
        _ = await changes.ending
        return Report(nil)
      }
      return Report((await changes.ending).error)
    }
  }

  /// How a put is made.
  enum PutKind {
    case plain, signed
    case encrypted(Recipient)
  }

  func put(_ request: PutRequest, _ kind: PutKind, _ done: DoneCall) -> OperationBox {
    guard case .plain = kind else {
      let slot = PutSlot(key: request.key, id: request.value.id)
      return pendingPuts.begin(slot) {
        perform(done) { [pendingPuts] dht in
          defer { pendingPuts.ended(slot) }
          return await Self.put(request, kind, dht)
        }
      }
    }
    return perform(done) { dht in await Self.put(request, kind, dht) }
  }

  private static func put(_ request: PutRequest, _ kind: PutKind, _ dht: DHT) async -> Report {
    do throws(DHTError) {
      switch kind {
      case .plain: return Report(.success(try await dht.put(request)))
      case .signed: return Report(.success(try await dht.putSigned(request)))
      case .encrypted(let recipient): return Report(.success(try await dht.putEncrypted(request, for: recipient)))
      }
    } catch {
      return Report(Result<PutReceipt, DHTError>.failure(error))
    }
  }

  /// Stops keeping a value alive, also one that is still being signed, or whose recipient is looked up.
  func cancelPut(_ id: Value.ID, at key: InfoHash) {
    pendingPuts.cancel(PutSlot(key: key, id: id))
    // After a put that was called before, whose task comes first on the same thread.
    _ = life?.perform { dht in _ = await dht.cancelPut(id, at: key) }
  }

  func ping(_ host: Host, deadline: Duration?, _ done: DoneCall) -> OperationBox {
    perform(done) { dht in
      do throws(DHTError) {
        return Report(.success(try await dht.ping(host, deadline: deadline)))
      } catch {
        return Report(Result<PingOutcome, DHTError>.failure(error))
      }
    }
  }

  func shutdown(timeout: Duration, _ done: DoneCall) {
    _ = perform(done) { dht in
      Report(await dht.drain(timeout: timeout) ? nil : .timedOut)
    }
  }

  func findCertificate(of recipient: Recipient, trustedBy trust: TrustList?, _ call: CertificateCall) {
    let task = life?.perform { dht in
      let found = try? await dht.certificate(of: recipient, trustedBy: trust)
      let handle = found.map { newHandle(CertificateBox($0)) }
      call(handle)
      release(handle, as: CertificateBox.self)
    }
    if task == nil { call(nil) }
  }
}

extension FieldRecord {
  /// Shows the record; false when the application wants no more.
  fileprivate func show(_ call: RecordCall) -> Bool {
    var record = odht_record()
    func has(_ field: Int) { record.fields |= 1 << UInt32(field) }
    if let id { (record.id, _) = (id, has(Int(ODHT_FIELD_ID))) }
    if let valueType { (record.value_type, _) = (valueType, has(Int(ODHT_FIELD_VALUE_TYPE))) }
    if let owner { (record.owner, _) = (dht_infohash(owner), has(Int(ODHT_FIELD_OWNER))) }
    if let sequence { (record.sequence, _) = (sequence, has(Int(ODHT_FIELD_SEQUENCE))) }
    guard let userTypeBytes else { return withUnsafePointer(to: record, call.callAsFunction) }
    has(Int(ODHT_FIELD_USER_TYPE))
    return (userTypeBytes + [0]).withUnsafeBufferPointer { buffer in
      record.user_type = buffer.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
      return withUnsafePointer(to: record, call.callAsFunction)
    }
  }
}
