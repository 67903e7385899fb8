import OpenDHT
import Testing
#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

@Suite(.timeLimit(.minutes(1)))
struct ReadmeTests {
  @Test("the README's example runs") func runs() async throws {
    try await Neighbourhood.run(2) { network in
      let lines = Lines()
      try await readmeExample(bootstrap: network.first.host) { lines.append($0) }
      #expect(lines.all == ["text/plain: hello", "added hello"])
    }
  }

  @Test("the README shows what runs here") func same() throws {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    let code = try read(here.joined(separator: "/").replacing("ReadmeTests", with: "ReadmeExample"))
    let readme = try read((here.dropLast(3) + ["README.md"]).joined(separator: "/"))
    let runs = code.drop { !$0.contains("README begin") }.dropFirst().prefix { !$0.contains("README end") }
    let shows = readme.drop { $0 != "```swift" }.dropFirst().prefix { $0 != "```" }
    // The README names a host where the test has its own, and prints where the test compares.
    let words = [
      ("bootstrap: [bootstrap]", "bootstrap: [\"bootstrap.example.org\"]"), ("show(", "print("),
    ]
    let expected = runs.map { line in
      words.reduce(line.hasPrefix("  ") ? String(line.dropFirst(2)) : line) { $0.replacing($1.0, with: $1.1) }
    }
    #expect(Array(shows) == expected && !expected.isEmpty)
  }

  private func read(_ path: String) throws -> [String] {
    let file = try #require(fopen(path, "r"), "\(path)")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { break }
      bytes += block[..<count]
    }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
  }
}
