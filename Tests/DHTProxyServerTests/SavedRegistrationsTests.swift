import DHTModel
import DHTProxyMessages
import DHTSecurity
import Foundation
import MessagePack
import Testing

@testable import DHTProxyServer

/// What is left on disk. (proxy.md §10)
@Suite struct SavedRegistrationsTests {
  private static let key = InfoHash(hex: "0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33")!
  private static func golden(_ release: String) throws -> [UInt8] {
    let url = vectors.appending(path: "\(release)/state.hex")
    let hex = Array(try String(contentsOf: url, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines))
    return stride(from: 0, to: hex.count, by: 2).map { UInt8(String(hex[$0...$0 + 1]), radix: 16)! }
  }
  /// A put and a subscription with everything, and one of each with nothing.
  static var rich: SavedRegistrations {
    var saved = SavedRegistrations()
    let secret = SecretDigest(of: "x")
    let context = PushContext(token: "tök", clientID: "c", platform: .unifiedPush, sessionID: "s", topic: "a|b")
    saved.puts[.init(key: key, valueID: 7)] = .init(
      value: Value("v", id: 7), end: 1000, context: context, secret: secret)
    saved.puts[.init(key: key, valueID: .max)] = .init(value: Value(id: .max, content: .encrypted([1])), end: 2000)
    saved.puts[.init(key: key, valueID: 8)] = .init(
      value: Value("w", id: 8), end: 3000, context: PushContext(token: "t", sessionID: "s"))
    saved.subscribers[.init(token: "tök", key: key, clientID: "c")] = .init(context: context, end: 1000, secret: secret)
    saved.subscribers[.init(token: "u", key: key, clientID: "")] = .init(context: PushContext(token: "u"), end: 1)
    return saved
  }

  @Test("X-62: the files of both releases are read, and written again to the byte", arguments: ["2.4.12", "4.3.1"])
  func reference(_ release: String) throws {
    let bytes = try Self.golden(release)
    let saved = try SavedRegistrations(decoding: bytes.span.bytes)
    #expect(saved.puts.count == 3 && saved.subscribers.count == 3)
    let put = try #require(saved.puts.first { $0.key.valueID == 6 }?.value)
    #expect(put.value.userType == "\u{3}" || !put.value.data.isEmpty)
    #expect(put.context == PushContext(token: "tok", clientID: "cid", platform: .android, sessionID: "sess"))
    #expect(saved.encoded() == bytes)
  }

  @Test("What only ours has is kept: secrets, and tokens of platforms without a number")
  func additions() throws {
    let bytes = Self.rich.encoded()
    #expect(try SavedRegistrations(decoding: bytes.span.bytes) == Self.rich)
  }

  @Test("No part of a file, and no file with a byte changed, is read as something that traps")
  func damaged() {
    let bytes = Self.rich.encoded()
    for count in 0..<bytes.count {
      #expect(throws: (any Error).self) { try SavedRegistrations(decoding: Array(bytes.prefix(count)).span.bytes) }
    }
    for place in bytes.indices {
      for byte in [0x00, 0x80, 0xc0, 0xff] as [UInt8] {
        var bytes = bytes
        bytes[place] = byte
        _ = try? SavedRegistrations(decoding: bytes.span.bytes)
      }
    }
  }

  @Test("A journal is read up to where it was cut off, whatever stands there")
  func journal() {
    let changes: [RegistrationChange] =
      Self.rich.puts.map { .put($0.key, $0.value) } + Self.rich.subscribers.map { .subscriber($0.key, $0.value) }
      + [.put(.init(key: Self.key, valueID: 7), nil), .subscriber(.init(token: "u", key: Self.key, clientID: ""), nil)]
    let head = Journal.head(of: [1, 2, 3])
    var journal = head
    var ends = [head.count]
    for change in changes {
      journal += Journal.record(change)
      ends.append(journal.count)
    }
    #expect(Journal.changes(in: journal).changes == changes)
    for count in head.count...journal.count {
      let whole = ends.count { $0 <= count } - 1
      let read = Journal.changes(in: Array(journal.prefix(count)))
      #expect(read.changes == Array(changes.prefix(whole)) && read.byteCount == ends[whole])
    }
    journal[ends[2] + 12] ^= 1
    #expect(Journal.changes(in: journal).changes == Array(changes.prefix(2)))
    var saved = SavedRegistrations()
    for change in changes { saved.apply(change) }
    #expect(saved.puts.count == 2 && saved.subscribers.count == 1)
  }

  @Test("A crash at any point between file and journal loses nothing that was saved")
  func crashes() throws {
    try withFolder { folder in
      let files = RegistrationFiles(path: folder + "/state_8000")
      #expect(try files.load().saved.isEmpty)
      let journal = try files.rewrite(Self.rich).journal
      let id = PermanentPut.ID(key: Self.key, valueID: 99)
      let put = SavedRegistrations.Put(value: Value("new", id: 99), end: 5)
      try journal.append(Journal.record(.put(id, put)))
      let half = Journal.record(.put(.init(key: Self.key, valueID: 100), put)).dropLast()
      try journal.append(Array(half))
      journal.closeFile()
      var found = try files.load()
      #expect(found.saved.puts[id] == put && found.saved.puts.count == 4 && found.remarks.count == 1)
      // The file is written anew, and then comes the crash: the old journal stands beside the new file.
      let old = try Data(contentsOf: URL(filePath: files.journalPath))
      try files.rewrite(Self.rich).journal.closeFile()
      let newer = try files.rewrite(found.saved)
      newer.journal.closeFile()
      try old.write(to: URL(filePath: files.journalPath))
      found = try files.load()
      #expect(found.saved.puts.count == 4 && found.remarks.isEmpty)
      try files.finish(found.saved)
      #expect(!FileManager.default.fileExists(atPath: files.journalPath))
      #expect(try files.load().saved == found.saved)
      let mode = try FileManager.default.attributesOfItem(atPath: files.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test("A lock is one of a file that has its name: who finds another one locks nothing")
  func locks() throws {
    try withFolder { folder in
      let path = folder + "/state"
      let first = try DurableFile.lock(path)
      #expect(DurableFile.isNamed(first, path + ".lock"))
      #expect(throws: (any Error).self) { try DurableFile.lock(path) }
      try FileManager.default.removeItem(atPath: path + ".lock")
      #expect(!DurableFile.isNamed(first, path + ".lock"))
      try Data().write(to: URL(filePath: path + ".lock"))
      #expect(!DurableFile.isNamed(first, path + ".lock"))
      let second = try DurableFile.lock(path)
      DurableFile.unlock(path, second)
      DurableFile.unlock(path, first)
    }
  }

  @Test("What cannot be read does not end what stands beside it, and a copy of it is kept")
  func unread() throws {
    try withFolder { folder in
      let files = RegistrationFiles(path: folder + "/state_8000")
      var bytes = Self.rich.encoded()
      // The values' maps begin with "v": of the first, its length takes the place of a content.
      let place = try #require(bytes.firstRange(of: Array("value".utf8))).upperBound
      bytes[place] = 0xc0
      bytes.removeSubrange(place + 1..<(try #require(bytes.firstRange(of: Array("exp".utf8))).lowerBound - 1))
      let later = MessagePackWriter.bytes(reserving: 8) { writer in
        writer.writeArrayHeader(1)
        writer.writeUInt64(99)
      }
      let known = RegistrationChange.put(
        .init(key: Self.key, valueID: 99), .init(value: Value("new", id: 99), end: 5))
      let count = UInt8(later.count)
      let record = [0, 0, 0, count] + InfoHash(hashing: later).bytes.prefix(4) + later
      try Data(bytes).write(to: URL(filePath: files.path))
      try Data(Journal.head(of: bytes) + record + Journal.record(known)).write(to: URL(filePath: files.journalPath))
      let found = try files.load()
      #expect(found.saved.puts.count == 3 && found.saved.subscribers.count == 2 && found.saved.unreadCount == 1)
      #expect(found.remarks.count == 2)
      #expect(try Data(contentsOf: URL(filePath: files.path + ".unreadable-1")) == Data(bytes))
      #expect(FileManager.default.fileExists(atPath: files.journalPath + ".unreadable-1"))
    }
  }

  @Test("A foreign file is moved aside with a line, never written over")
  func foreign() throws {
    try withFolder { folder in
      let files = RegistrationFiles(path: folder + "/state_8000")
      for index in 1...2 {
        try Data("#!/bin/sh\n".utf8).write(to: URL(filePath: files.path))
        try Data("else".utf8).write(to: URL(filePath: files.journalPath))
        let found = try files.load()
        #expect(found.saved.isEmpty && found.remarks.count == 2)
        #expect(try Data(contentsOf: URL(filePath: files.path + ".unreadable-\(index)")) == Data("#!/bin/sh\n".utf8))
        #expect(!FileManager.default.fileExists(atPath: files.path))
      }
    }
  }
}

/// The transcripts of real peers, which the tests of the messages hold.
let vectors = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "DHTProxyMessagesTests/Vectors")

/// Lends a new folder.
func withFolder<T>(isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> T) async rethrows
  -> T
{
  let folder = NSTemporaryDirectory() + "registrations-\(UUID())"
  try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}
func withFolder<T>(_ body: (String) throws -> T) rethrows -> T {
  let folder = NSTemporaryDirectory() + "registrations-\(UUID())"
  try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}
