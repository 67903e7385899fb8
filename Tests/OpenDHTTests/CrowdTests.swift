import OpenDHT
import Testing
#if canImport(Glibc)
  import Glibc
#endif

/// Many nodes in one process.
@Suite(.timeLimit(.minutes(2)), .serialized)
struct CrowdTests {
  #if os(Linux)
    @Test("200 nodes need no more threads than 2") func threads() async throws {
      var few = 0
      try await Neighbourhood.run(2) { network in
        try await network.nodes[1].put(Value("warm"), at: .random())
        few = Self.threadCount()
      }
      let started = ContinuousClock.now
      try await Neighbourhood.run(200) { network in
        let connected = ContinuousClock.now - started
        let key = InfoHash(hashing: "crowd")
        let receipt = try await network.nodes[150].put(Value("here"), at: key)
        // More than eight when nearer nodes appear while the put runs: this network is two seconds old.
        #expect(receipt.stored.count >= 8 && receipt.stored.count <= 16, "\(receipt.stored.count)")
        let readers = [3, 77, 199].map { network.nodes[$0] }
        for reader in readers { #expect(try await reader.value(at: key)?.text == "here") }
        let many = Self.threadCount()
        // Other tests of the process may start threads of their own meanwhile: the runtime's pool, a resolver.
        #expect(many <= few + 8, "\(few) threads, then \(many)")
        print(
          "crowd: stored at \(receipt.stored.count); 200 nodes connected after \(connected), \(many) threads, \(Self.residentMegabytes()) MB resident"
        )
      }
    }

    private static func threadCount() -> Int {
      guard let directory = opendir("/proc/self/task") else { return 0 }
      defer { closedir(directory) }
      var count = 0
      while readdir(directory) != nil { count += 1 }
      return count - 2  // . and ..
    }

    private static func residentMegabytes() -> Int {
      guard let file = fopen("/proc/self/statm", "r") else { return 0 }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 256)
      guard fgets(&line, 256, file) != nil else { return 0 }
      let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(
        separator: " ")
      return (Int(fields[1]) ?? 0) * 4096 / (1 << 20)
    }
  #endif

  @Test("put and get on the loopback take few milliseconds") func latency() async throws {
    try await Neighbourhood.run(16) { network in
      var puts: [Duration] = [], gets: [Duration] = [], firsts: [Duration] = []
      for index in 0..<50 {
        let key = InfoHash(hashing: "latency \(index)")
        let (writer, reader) = (network.nodes[index % 16], network.nodes[(index + 5) % 16])
        puts.append(try await elapsed { try await writer.put(Value("x"), at: key) })
        firsts.append(try await elapsed { _ = try await reader.value(at: key) })
        gets.append(try await elapsed { _ = try await reader.get(key) })
      }
      print("latency: put \(median(puts)), first value \(median(firsts)), get \(median(gets))")
      #expect(median(puts) < .milliseconds(250) && median(gets) < .milliseconds(250))
    }
  }

  @Test("a thousand operations at once each end, and leave nothing behind") func manyOperations() async throws {
    // All come from one address: without this, they would run into the limit of 1024 requests a second.
    func unlimited(_ configuration: inout DHT.Configuration) {
      configuration.node.limits.requestsPerSecond = nil
      configuration.node.limits.requestsPerSecondAndAddress = nil
    }
    try await Neighbourhood.run(4, unlimited) { network in
      let dht = network.nodes[2]
      try await dht.put(Value("shared"), at: InfoHash(hashing: "shared"))
      let failures = await withTaskGroup(of: String?.self) { group in
        for index in 0..<1000 { group.addTask { await operation(index, dht, network.first) } }
        var failures: [String: Int] = [:]
        for await case let failure? in group { failures[failure, default: 0] += 1 }
        return failures
      }
      #expect(failures.isEmpty)
      #expect(await dht.ongoingOperations == 0)
    }
  }

  /// Runs one of five operations; tells what went wrong.
  private func operation(_ index: Int, _ dht: DHT, _ other: DHT) async -> String? {
    let key = InfoHash(hashing: index % 5 != 0 && index % 3 == 0 ? "shared" : "many \(index)")
    do {
      switch index % 5 {
      case 0: try await dht.put(Value("x"), at: key)
      case 1: _ = try await dht.get(key)
      case 2: _ = try await dht.ping(other.host)
      case 3:
        let changes = dht.listen(to: key, deadline: .milliseconds(500))
        for await _ in changes {}
        let ending = await changes.ending
        return ending == .timedOut ? nil : "listen: \(ending)"
      default:
        let values = dht.values(at: key)
        for await _ in values { break }
        let ending = await values.outcome.ending
        return ending == .completed ? nil : "values: \(ending)"
      }
      return nil
    } catch {
      return "\(index % 5): \(error)"
    }
  }

  private func median(_ durations: [Duration]) -> Duration { durations.sorted()[durations.count / 2] }
}
