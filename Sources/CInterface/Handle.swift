// What C holds is a pointer to a retained object; what it gives back is looked at, and released once.

/// A new pointer for C, which owns it.
func newHandle(_ object: some AnyObject) -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(object).toOpaque()) }

/// The object behind a pointer of C's.
func object<Object: AnyObject>(_ handle: OpaquePointer?, as type: Object.Type = Object.self) -> Object? {
  handle.map { Unmanaged<Object>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
}

/// Takes a pointer back from C.
func release<Object: AnyObject>(_ handle: OpaquePointer?, as type: Object.Type) {
  if let handle { Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release() }
}

/// Something that never changes, as an object.
final class Held<Content: Sendable>: Sendable {
  let content: Content
  init(_ content: Content) { self.content = content }
}

/// The content of a `Held`.
func held<Content: Sendable>(_ handle: OpaquePointer?, _ type: Content.Type) -> Content? {
  object(handle, as: Held<Content>.self)?.content
}
