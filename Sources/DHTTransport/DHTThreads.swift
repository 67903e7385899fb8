internal import NIOConcurrencyHelpers
public import NIOCore
internal import NIOPosix

/// The threads that run nodes. Each runs many; their number grows with the processor's cores, not with nodes.
public final class DHTThreads: Sendable {
  /// One thread for each core, shared by every node, and every other user of SwiftNIO's own group, in the process.
  ///
  /// In a child of fork(2) they are others: the parent's do not run there, nor do its nodes.
  public static var shared: DHTThreads { ofProcess.withLockedValue { $0.current } }

  private static let ofProcess = NIOLockedValueBox(PerProcess { DHTThreads(group: firstOrNewGroup()) })
  private static let firstProcess = SystemProcess.id

  private static func firstOrNewGroup() -> any EventLoopGroup {
    SystemProcess.id == firstProcess
      ? MultiThreadedEventLoopGroup.singleton : MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
  }

  private let group: any EventLoopGroup

  /// A group of the application's own; the application shuts it down when its nodes have stopped.
  public init(group: any EventLoopGroup) { self.group = group }

  /// The loop for one more node: each in turn.
  public func next() -> any EventLoop { group.next() }
}
