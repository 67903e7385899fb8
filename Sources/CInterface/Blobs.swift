public import COpenDHT
internal import OpenDHT

/// Bytes at a place that does not move while they live.
final class Blob: Sendable {
  // Written by `init` alone, freed by `deinit`: nobody else writes.
  nonisolated(unsafe) private let start: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: some Collection<UInt8>) {
    start = .allocate(capacity: bytes.count)
    _ = start.initialize(fromContentsOf: bytes)
  }
  deinit { start.deallocate() }

  var view: dht_data_view {
    dht_data_view(data: UnsafePointer(start.baseAddress), size: start.count)
  }
}

extension OpaquePointer {
  /// A `dht_blob` of some bytes.
  init(blob bytes: some Collection<UInt8>) { self = newHandle(Blob(bytes)) }
}

@c @implementation
public func dht_blob_get_data(_ blob: OpaquePointer!) -> dht_data_view {
  object(blob, as: Blob.self)?.view ?? dht_data_view()
}

@c @implementation
public func dht_blob_delete(_ blob: OpaquePointer!) { release(blob, as: Blob.self) }

@c @implementation
public func odht_version() -> UnsafePointer<CChar>! { version }

@c @implementation
public func odht_error() -> UnsafePointer<CChar>! { UnsafePointer(opendht_error_buffer()) }

/// As long as the process lives; written once, before anybody sees it.
nonisolated(unsafe) private let version: UnsafePointer<CChar>? = allocated(DHT.version).map { UnsafePointer($0) }
