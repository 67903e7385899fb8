public import COpenDHT
internal import DHTText
internal import OpenDHT

@c @implementation
public func dht_runner_new() -> OpaquePointer! { newHandle(Runner()) }

@c @implementation
public func dht_runner_delete(_ runner: OpaquePointer!) {
  if let runner = CInterface.runner(runner) {
    runner.stop()
    runner.log.set(nil)
  }
  release(runner, as: Runner.self)
}

@c @implementation
public func odht_runner_run(_ runner: OpaquePointer!, _ config: UnsafePointer<odht_config>!) -> Int32 {
  guard let runner = CInterface.runner(runner) else { return Int32(ODHT_NOT_RUNNING) }
  guard runner.life == nil else { return Int32(ODHT_OK) }
  do {
    let config = try read(config) ?? odht_config()
    let configuration = try config.configuration()
    if config.log, !runner.log.isSet { runner.log.set(LogFile(path: "-")) }
    if let error = runner.run(configuration) {
      fail(error)
      return error.code
    }
    for line in config.ignored {
      fail(line)
      runner.log.warn(line)
    }
    return Int32(ODHT_OK)
  } catch {
    fail("\(error)")
    return (error as? SettingsError).map { Int32($0.code) } ?? Int32(ODHT_SECURITY)
  }
}

@c @implementation
public func odht_runner_stop(_ runner: OpaquePointer!) { CInterface.runner(runner)?.stop() }

@c @implementation
public func dht_runner_is_running(_ runner: OpaquePointer!) -> Bool { CInterface.runner(runner)?.life != nil }

@c @implementation
public func dht_runner_bootstrap(
  _ runner: OpaquePointer!, _ host: UnsafePointer<CChar>!, _ service: UnsafePointer<CChar>!
) {
  guard let runner = CInterface.runner(runner) else { return }
  guard let host = Host(text(host), service: text(service)) else {
    return fail("not a host: name, name:port or [address]:port")
  }
  runner.addEntry(host)
}

@c @implementation
public func odht_runner_clear_bootstrap(_ runner: OpaquePointer!) {
  CInterface.runner(runner)?.clearEntries()
}

@c @implementation
public func odht_runner_insert_node(
  _ runner: OpaquePointer!, _ id: UnsafePointer<dht_infohash>!, _ address: UnsafePointer<sockaddr>!,
  _ size: socklen_t
) -> Bool {
  guard let id, let address = OpenDHT.SocketAddress(address, size), address.port != 0 else {
    fail("not a node's address")
    return false
  }
  let contact = NodeContact(id: id.pointee.hash, address: address)
  guard CInterface.runner(runner)?.tell({ dht in dht.insert([contact]) }) == true else {
    fail(DHTError.notRunning)
    return false
  }
  return true
}

@c @implementation
public func odht_runner_connectivity_changed(_ runner: OpaquePointer!) {
  CInterface.runner(runner)?.tell { dht in dht.connectivityChanged() }
}

@c @implementation
public func odht_runner_register_type(
  _ runner: OpaquePointer!, _ type: UInt16, _ name: UnsafePointer<CChar>!, _ seconds: UInt64
) -> Bool {
  // 100 years are as good as for ever, and can be added to any time.
  let lifetime = Duration.seconds(min(seconds, 100 * 365 * 86400))
  let type = ValueType(id: type, name: text(name) ?? "", lifetime: lifetime)
  return CInterface.runner(runner)?.ask { dht in await dht.register(type) } ?? false
}

@c @implementation
public func odht_runner_register_certificate(_ runner: OpaquePointer!, _ certificate: OpaquePointer!) {
  guard let certificate = CInterface.certificate(certificate) else { return }
  CInterface.runner(runner)?.tell { dht in dht.register(certificate) }
}

@c @implementation
public func odht_runner_wait_connected(_ runner: OpaquePointer!, _ timeout: UInt32) -> Int32 {
  let code = CInterface.runner(runner)?.ask { dht -> Int32 in
    do throws(DHTError) {
      try await dht.waitUntilConnected(timeout: .milliseconds(timeout))
      return Int32(ODHT_OK)
    } catch {
      return error.code
    }
  }
  if code == Int32(ODHT_TIMED_OUT) { fail(DHTError.timedOut) }
  return code ?? Int32(ODHT_NOT_RUNNING)
}

@c @implementation
public func dht_runner_get_node_id(_ runner: OpaquePointer!) -> dht_infohash {
  dht_infohash(CInterface.runner(runner)?.life?.dht.nodeID ?? .zero)
}

@c @implementation
public func dht_runner_get_id(_ runner: OpaquePointer!) -> dht_infohash {
  dht_infohash(CInterface.runner(runner)?.life?.dht.identity?.id ?? .zero)
}

@c @implementation
public func dht_runner_get_bound_port(_ runner: OpaquePointer!, _ family: sa_family_t) -> in_port_t {
  let ports = CInterface.runner(runner)?.ask { dht in await dht.boundPorts }
  return (isIPv6(family) ? ports?.ipv6 : ports?.ipv4) ?? 0
}

@c @implementation
public func dht_runner_get_public_address(
  _ runner: OpaquePointer!
) -> UnsafeMutablePointer<UnsafeMutablePointer<sockaddr>?>! {
  let addresses = CInterface.runner(runner)?.ask { dht in
    await dht.reportedAddresses(.ipv4) + (await dht.reportedAddresses(.ipv6))
  }
  return allocatedForC((addresses ?? []).map { OpenDHT.SocketAddress(ip: $0, port: 0) })
}

@c @implementation
public func odht_runner_get_nodes(
  _ runner: OpaquePointer!, _ count: UnsafeMutablePointer<Int>!
) -> UnsafeMutablePointer<odht_node>! {
  let nodes =
    CInterface.runner(runner)?.ask { dht in await dht.goodNodes(.ipv4) + (await dht.goodNodes(.ipv6)) } ?? []
  count?.pointee = nodes.count
  return allocated(array: nodes.map { odht_node($0, state: Int(ODHT_NODE_ANSWERED)) })
}

@c @implementation
public func odht_runner_log_with(
  _ runner: OpaquePointer!, _ cb: odht_log_cb!, _ userData: UnsafeMutableRawPointer!
) {
  guard let runner = CInterface.runner(runner) else { return }
  runner.log.set(cb.flatMap { LogCallback($0, userData) })
}

@c @implementation
public func odht_runner_log_to(_ runner: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> Bool {
  guard let runner = CInterface.runner(runner) else { return false }
  guard let path = text(path) else {
    runner.log.set(nil)
    return true
  }
  guard let file = LogFile(path: path) else { return false }
  runner.log.set(file)
  return true
}
