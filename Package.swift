// swift-tools-version: 6.3
import PackageDescription

// Who may import whom, and nothing clever. Imports point down this list only.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),  // a reader that stores a RawSpan
  .treatAllWarnings(as: .error),
  // Every module border costs specialisation without this: a generic heap was 23 times slower.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

// Unoptimised, a password takes four seconds to stretch, and the tests of that a minute.
let optimised: [SwiftSetting] = settings + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func library(_ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = settings) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}
func tool(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
  .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioLocks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
// Its server, below its router: what an answer looks like to the byte is for the proxy to say.
let httpServer: [Target.Dependency] =
  [
    .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
    .product(name: "NIOTLS", package: "swift-nio"),
  ]

let package = Package(
  name: "opendht-swift",
  platforms: [.macOS("26.0")],
  products: [
    .library(name: "OpenDHT", targets: ["OpenDHT"]),
    .library(name: "DHTIndex", targets: ["DHTIndex"]),
    .library(name: "DHTProxyServer", targets: ["DHTProxyServer"]),
    .library(name: "DHTProxyClient", targets: ["DHTProxyClient"]),
    // What Scripts/c-library links into libopendht-c.so, once for each binary interface.
    .library(name: "opendht-c", type: .static, targets: ["CInterface"]),
    .executable(name: "dhtnode", targets: ["dhtnode"]),
    .executable(name: "dht", targets: ["dht"]),
    .executable(name: "dhtchat", targets: ["dhtchat"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    // Its RSA API is underscored and may move between minor versions.
    .package(url: "https://github.com/apple/swift-crypto", .upToNextMinor(from: "4.5.2")),
    .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    // Without its traits: they bring Foundation and a reader of configuration files, which nothing here asks for.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
  ],
  targets: [
    library("MessagePack"),
    library("DHTModel"),
    library("DHTCollections", ["DHTModel"]),
    library("DHTWire", ["MessagePack", "DHTModel", "DHTCollections"]),
    library("DHTCore", ["MessagePack", "DHTModel", "DHTCollections", "DHTWire"]),
    library(
      "DHTSecurity", ["MessagePack", "DHTModel", "DHTWire", crypto, cryptoExtras, asn1], settings: optimised),
    library("DHTSimulator", ["DHTModel", "DHTCollections", "DHTWire", "DHTCore"]),
    .target(name: "CDatagrams"),
    library("DHTTransport", ["CDatagrams", "DHTModel", "DHTCore", nioCore, nioLocks, nioPosix]),
    library(
      "OpenDHT",
      ["MessagePack", "DHTModel", "DHTCore", "DHTSecurity", "DHTTransport", nioCore, nioLocks, logging]),
    library("DHTIndex", ["MessagePack", "DHTModel", "DHTCore", "DHTSecurity", "OpenDHT"]),
    library("DHTText", ["OpenDHT"]),
    library("DHTJSON"),
    library("DHTProxyMessages", ["DHTModel", "DHTJSON"]),
    library(
      "DHTProxyServer",
      [
        "MessagePack", "DHTModel", "DHTCollections", "DHTWire", "DHTSecurity", "OpenDHT", "DHTJSON", "DHTProxyMessages",
        nioCore, nioHTTP1, nioLocks, nioPosix, nioSSL, httpClient, logging,
      ] + httpServer),
    library(
      "DHTProxyClient",
      [
        "DHTModel", "DHTCore", "DHTSecurity", "DHTTransport", "OpenDHT", "DHTJSON", "DHTProxyMessages", nioCore,
        nioPosix,
        nioSSL, nioLocks, httpClient, logging,
      ]),
    .target(name: "COpenDHT"),
    library(
      "CInterface", ["COpenDHT", "OpenDHT", "DHTIndex", "DHTText", "DHTTransport", nioLocks, logging]),
    library(
      "DHTTools",
      [
        "OpenDHT", "DHTText", "DHTJSON", "DHTProxyServer", "DHTProxyClient", "DHTProxyMessages", arguments, logging,
        nioLocks,
      ]),
    tool("dhtnode", ["DHTTools"]),
    tool("dht", ["DHTTools"]),
    tool("dhtchat", ["DHTTools"]),
    tool("interop-node", ["OpenDHT", "DHTIndex", "DHTWire"]),
    tool("crypto-speed", ["DHTSecurity", "DHTModel"]),
    tool("dhtsim", ["DHTSimulator", "DHTModel", "DHTCore", arguments]),
    tool("allocations", ["DHTTransport", "DHTCore", "DHTModel", "DHTWire", nioCore, nioPosix]),
    tests("MessagePackTests", ["MessagePack"]),
    tests("DHTModelTests", ["DHTModel"]),
    tests("DHTWireTests", ["DHTWire", "DHTModel", "MessagePack"], resources: [.copy("Vectors")]),
    tests("DHTCoreTests", ["DHTCore", "DHTModel", "DHTCollections", "DHTWire"]),
    tests("DHTSecurityTests", ["DHTSecurity", "DHTWire", "DHTModel", crypto], resources: [.copy("Vectors")]),
    tests("Scenarios", ["DHTSimulator", "DHTCore", "DHTModel", "DHTWire"]),
    tests("DHTTransportTests", ["CDatagrams", "DHTTransport", "DHTCore", "DHTModel", nioCore, nioLocks, nioPosix]),
    tests("OpenDHTTests", ["OpenDHT", "DHTCore", "DHTTransport", nioLocks, logging]),
    tests(
      "DHTIndexTests", ["DHTIndex", "DHTSimulator", "DHTCore", "DHTModel", "OpenDHT"],
      resources: [.copy("Vectors")]),
    tests("DHTJSONTests", ["DHTJSON"]),
    tests(
      "DHTProxyMessagesTests", ["DHTProxyMessages", "DHTJSON", "DHTModel"],
      resources: [.copy("Vectors")]),
    tests(
      "DHTProxyServerTests",
      [
        "DHTProxyServer", "DHTProxyMessages", "DHTJSON", "DHTSecurity", "DHTModel", "OpenDHT", "MessagePack", nioCore,
        nioLocks, nioPosix, nioSSL, nioHTTP1, httpClient,
      ]),
    tests(
      "DHTProxyClientTests",
      [
        "DHTProxyClient", "DHTProxyMessages", "DHTSecurity", "DHTModel", "DHTTransport", "OpenDHT", nioCore, nioLocks,
        nioPosix, nioSSL,
      ]),
    tests("DHTToolsTests", ["DHTTools", "DHTProxyServer", "DHTText", "DHTJSON", "OpenDHT", nioLocks]),
  ],
  swiftLanguageModes: [.v6]
)
