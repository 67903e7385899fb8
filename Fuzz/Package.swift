// swift-tools-version: 6.2
import PackageDescription

// Two fuzz targets over the core alone. Its modules are linked in from ../Sources, so that nothing else is fetched or
// built, and all of it carries the fuzzer's instruments.
let settings: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]
let fuzzing = settings + [.unsafeFlags(["-parse-as-library"])]

let package = Package(
  name: "fuzz",
  platforms: [.macOS("26.0")],
  targets: [
    .target(name: "MessagePack", swiftSettings: settings),
    .target(name: "DHTModel", swiftSettings: settings),
    .target(name: "DHTWire", dependencies: ["MessagePack", "DHTModel"], swiftSettings: settings),
    .target(name: "DHTCore", dependencies: ["DHTModel", "DHTWire"], swiftSettings: settings),
    .executableTarget(name: "FuzzDecoder", dependencies: ["DHTWire", "DHTModel"], swiftSettings: fuzzing),
    .executableTarget(name: "FuzzNode", dependencies: ["DHTCore", "DHTModel"], swiftSettings: fuzzing),
  ],
  swiftLanguageModes: [.v6]
)
