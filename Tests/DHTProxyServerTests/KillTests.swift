import DHTModel
import DHTProxyMessages
import Foundation
import Testing

@testable import DHTProxyServer

/// A server is killed by `kill -9` while clients put and subscribe: what it acknowledged is there at the next start.
@Suite struct KillTests {
  // Set in the process that is killed, which is this program once more.
  private static let folderVariable = "DHT_TEST_KILL_FOLDER"

  @Test(
    "Nothing acknowledged is lost by kill -9",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/exe"), "this program can be run once more"))
  func killed() async throws {
    try await withFolder { folder in
      let path = "\(folder)/state_8000"
      var promised: Set<UInt64> = []
      for run in 0..<3 {
        // Waits for a process: not on a thread of the tests.
        let acknowledged = try await withCheckedThrowingContinuation { continuation in
          DispatchQueue.global().async {
            continuation.resume(with: Result { try runAndKill(folder, after: 100 + 150 * run) })
          }
        }
        #expect(acknowledged.count >= 50)
        promised.formUnion(acknowledged)
        let found = try RegistrationFiles(path: path).load()
        let puts = Set(found.saved.puts.keys.map(\.valueID))
        let subscriptions = Set(found.saved.subscribers.keys.compactMap { UInt64($0.token) })
        #expect(promised.subtracting(puts.union(subscriptions)).isEmpty)
      }
    }
  }

  /// Returns what the process said was done before it was killed.
  private func runAndKill(_ folder: String, after count: Int) throws -> [UInt64] {
    let child = Process()
    let output = Pipe()
    child.executableURL = URL(filePath: "/proc/self/exe")
    child.arguments = ["--testing-library", "swift-testing", "--filter", "KillTests/victim"]
    child.environment = ProcessInfo.processInfo.environment.merging([Self.folderVariable: folder]) { $1 }
    (child.standardOutput, child.standardError) = (FileHandle.nullDevice, output)
    try child.run()
    defer { child.waitUntilExit() }
    var text: [UInt8] = []
    // The child ends by itself after a while, and with it its output.
    while text.count(where: { $0 == UInt8(ascii: "\n") }) < count {
      let part = output.fileHandleForReading.availableData
      if part.isEmpty { break }
      text += part
    }
    kill(child.processIdentifier, SIGKILL)
    let whole = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    return whole.compactMap { line in
      let line = String(decoding: line, as: UTF8.self)
      return line.hasPrefix("done ") ? UInt64(line.dropFirst(5)) : nil
    }
  }

  @Test("The process that is killed", .enabled(if: ProcessInfo.processInfo.environment[folderVariable] != nil))
  func victim() async throws {
    let folder = try #require(ProcessInfo.processInfo.environment[Self.folderVariable])
    var configuration = Registrations.Configuration()
    configuration.statePath = "\(folder)/state_8000"
    configuration.limits.journalAllowance = 5000
    let registrations = Registrations(StandInNetwork().network, configuration)
    try await registrations.start()
    let end = ContinuousClock.now + .seconds(10)
    await withTaskGroup(of: Void.self) { group in
      for client in UInt64(1)...8 {
        group.addTask {
          while ContinuousClock.now < end {
            let number = UInt64.random(in: 1 << 32 ... .max)
            let key = InfoHash(1, 2, 3, 4, UInt32(client))
            if client.isMultiple(of: 2) {
              let context = PushContext(token: String(number), clientID: "c")
              guard (try? await registrations.subscribe(SubscribeBody(context), at: key)) != nil else { return }
            } else {
              let put = PutBody(Value("a", id: number), permanence: .unreminded)
              guard (try? await registrations.put(put, at: key)) != nil else { return }
            }
            FileHandle.standardError.write(Data("done \(number)\n".utf8))
          }
        }
      }
    }
  }
}
