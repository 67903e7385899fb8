internal import DHTCore
internal import DHTTransport
internal import NIOCore

final class Session {
  let configuration: DHT.Configuration
  init(_ configuration: DHT.Configuration, nodeID: NodeID, loop: any EventLoop) { self.configuration = configuration }
  func start(_ done: @escaping @Sendable (Result<Void, DHTError>) -> Void) { done(.success(())) }
  func stop(_ done: @escaping @Sendable () -> Void) { done() }
  func drain(timeout: Duration, _ waiting: Waiting<Bool>) { waiting.answer(true) }
  func waitUntilConnected(timeout: Duration, _ waiting: Waiting<Result<Void, DHTError>>) { waiting.answer(.failure(.notRunning)) }
  var status: NodeStatus { NodeStatus() }
  var boundPorts: BoundPorts { BoundPorts() }
  var socketCounters: SocketCounters { SocketCounters() }
  var ongoingOperations: Int { 0 }
  func addBootstrap(_ hosts: [Host]) {}
  func clearBootstrap() {}
  func insert(_ contacts: [NodeContact]) {}
  func connectivityChanged() {}
  func read<T>(_ question: (borrowing Node, Instant) -> T) -> T? { nil }
  func watchStatus(_ operation: Operation<StatusBacklog>) { operation.finish(.failure(.notRunning)) }
  func put(_ request: PutRequest, _ operation: Operation<NoBacklog>) { operation.finish(.failure(.notRunning)) }
  func get(_ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, _ operation: Operation<ValueBacklog>) { operation.finish(.failure(.notRunning)) }
  func trace(_ key: InfoHash, where filters: [Query.Filter], deadline: Duration?, _ operation: Operation<TraceBacklog>) { operation.finish(.failure(.notRunning)) }
  func query(_ query: Query, at key: InfoHash, deadline: Duration?, _ operation: Operation<RecordBacklog>) { operation.finish(.failure(.notRunning)) }
  func listen(to key: InfoHash, where filters: [Query.Filter], deadline: Duration?, _ operation: Operation<ChangeBacklog>) { operation.finish(.failure(.notRunning)) }
  func ping(_ host: Host, deadline: Duration?, _ operation: Operation<NoBacklog>) { operation.finish(.failure(.notRunning)) }
  func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool { false }
  func cancel(_ operation: any OperationSink) {}
}
