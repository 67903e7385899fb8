import DHTModel
import DHTProxyMessages
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import DHTProxyServer

/// The state of a server, between ours and OpenDHT 2.4.12. (proxy.md §10)
@Suite struct RealPeerTests {
  private static let program = "/usr/bin/dhtnode"

  @Test(
    "X-62: the reference reads our file, passes over what only ours has, and writes one that ours reads",
    .enabled(if: FileManager.default.isExecutableFile(atPath: program), "OpenDHT 2.4.12 is installed"))
  func state() async throws {
    try await withFolder { folder in
      let port = try await freePort()
      var saved = SavedRegistrationsTests.rich
      let end = Int64(Date().timeIntervalSince1970) + 80_000
      saved.puts = saved.puts.mapValues { put in
        var put = put
        put.end = end
        return put
      }
      saved.subscribers = saved.subscribers.mapValues { subscriber in
        var subscriber = subscriber
        subscriber.end = end
        return subscriber
      }
      let files = RegistrationFiles(path: "\(folder)/state_\(port)")
      try files.finish(saved)
      let written = try Data(contentsOf: URL(filePath: files.path))

      let peer = Process()
      let input = Pipe()
      peer.executableURL = URL(filePath: Self.program)
      peer.arguments = [
        "-p", "0", "-n", "77", "--proxyserver", "\(port)", "--pushserver", "127.0.0.1:9", "-f", "\(folder)/state",
      ]
      (peer.standardInput, peer.standardOutput, peer.standardError) =
        (input, FileHandle.nullDevice, FileHandle.nullDevice)
      try peer.run()
      #expect(await eventually { await answers(port) })
      try input.fileHandleForWriting.write(contentsOf: Data("x\n".utf8))
      #expect(await eventually { !peer.isRunning })
      if peer.isRunning { peer.terminate() }

      #expect(try Data(contentsOf: URL(filePath: files.path)) != written)
      let found = try files.load()
      #expect(found.remarks.isEmpty)
      #expect(found.saved == withoutOurs(saved))
    }
  }

  /// What the reference keeps of it: no secrets, and no token of a platform without a number.
  private func withoutOurs(_ saved: SavedRegistrations) -> SavedRegistrations {
    var saved = saved
    saved.puts = saved.puts.mapValues { put in
      var put = put
      put.secret = nil
      if put.context?.platform.number == 0 { put.context = nil }
      return put
    }
    saved.subscribers = saved.subscribers.mapValues { subscriber in
      var subscriber = subscriber
      subscriber.secret = nil
      return subscriber
    }
    return saved
  }

  private func freePort() async throws -> Int {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    defer { channel.close(promise: nil) }
    return channel.localAddress?.port ?? 0
  }

  private func answers(_ port: Int) async -> Bool {
    guard
      let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port).get()
    else { return false }
    try? await channel.close()
    return true
  }
}
