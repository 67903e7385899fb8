internal import DHTCore
internal import DHTModel
internal import NIOCore
internal import NIOPosix

// Opening, losing and closing the sockets.
extension NodeDriver {
  /// Gives a socket to the loop.
  func open(_ socket: BoundSocket) -> EventLoopFuture<Void> {
    let handler = NIOLoopBound(DatagramHandler(family: socket.family, driver: self), eventLoop: loop)
    let driver = NIOLoopBound(self, eventLoop: loop)
    let allocator = DatagramHandler.allocator(bytesPerDatagram: DatagramHandler.usualBytesPerDatagram)
    return DatagramBootstrap(group: loop)
      .channelOption(.datagramVectorReadMessageCount, value: DatagramHandler.datagramsPerRead)
      .channelOption(.recvAllocator, value: allocator)
      .channelInitializer { channel in
        let ready = channel.eventLoop.makeCompletedFuture {
          try driver.value.admit()
          try channel.pipeline.syncOperations.addHandler(handler.value)
        }
        // The bootstrap would leave it open, and the port taken.
        ready.whenFailure { _ in channel.close(promise: nil) }
        return ready
      }
      .withBoundSocket(socket.descriptor)
      .assumeIsolated()
      .map { channel in
        let sender = DatagramSender(
          socket.family, maximumPendingBytes: self.transport.sockets.maximumPendingBytes)
        self.setSocket(
          Socket(channel: channel, descriptor: socket.descriptor, port: socket.port, sender: sender), socket.family)
      }
      .nonisolated()
  }

  /// A socket closed under us: told, and opened again until it lives.
  func socketClosed(_ family: AddressFamily) {
    guard isAlive, let port = port(family) else { return }
    setSocket(nil, family)
    dead[family] = port
    reopenAt = SystemClock.now()
    stepLater { $0.delegate?.socketDied(family) }
  }

  /// Opens what is dead. One that cannot be bound, or that the loop refuses, is tried again after a while.
  func reopen(_ now: Instant) {
    reopenAt = nil
    for (family, port) in dead {
      guard let socket = bindAgain(family, port) else {
        reopenAt = now + reopenInterval
        continue
      }
      dead[family] = nil
      open(socket).assumeIsolated().whenComplete { result in
        switch result {
        case .success:
          self.stepLater { driver in
            driver.delegate?.socketReopened(family)
            // Whoever could not be reached meanwhile gets another chance, and hears where we are. (node.md §7.4)
            driver.step { node, now in node.connectivityChanged(now: now) }
          }
        case .failure:
          self.dead[family] = port
          self.reopenAt = SystemClock.now() + self.reopenInterval
          self.stepLater { _ in }
        }
      }
    }
  }

  // In a later turn of the loop: a socket may close from within an output.
  private func stepLater(_ tell: @escaping @Sendable (NodeDriver) -> Void) {
    let driver = NIOLoopBound(self, eventLoop: loop)
    loop.execute {
      tell(driver.value)
      driver.value.step { _, _ in }
    }
  }

  private func setSocket(_ socket: Socket?, _ family: AddressFamily) {
    guard isAlive else {
      socket?.channel.close(promise: nil)
      return
    }
    if family == .ipv4 { ipv4 = socket } else { ipv6 = socket }
  }

  func closeSockets() {
    for socket in [ipv4, ipv6] { socket?.channel.close(promise: nil) }
    (ipv4, ipv6) = (nil, nil)
  }

  /// Closes a socket as the system would, for tests.
  func killSocket(_ family: AddressFamily) {
    (family == .ipv4 ? ipv4 : ipv6)?.channel.close(promise: nil)
  }
}
