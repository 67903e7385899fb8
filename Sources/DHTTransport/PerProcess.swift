/// Something that a child of fork(2) cannot inherit, such as threads: made when it is first wanted in a process.
package struct PerProcess<Content: Sendable>: Sendable {
  private let make: @Sendable () -> Content
  private var made: (process: Int32, content: Content)?

  package init(_ make: @escaping @Sendable () -> Content) { self.make = make }

  /// That of this process. The parent's is left alone in a child, never ended: its threads are not there to be ended.
  package var current: Content {
    mutating get {
      let process = SystemProcess.id
      if let made {
        if made.process == process { return made.content }
        keepForEver(made.content)
      }
      let content = make()
      made = (process, content)
      return content
    }
  }
}

/// Holds on to what must not be deinitialised: in a child of fork(2), what belongs to its parent.
package func keepForEver(_ content: Any) { _ = Unmanaged.passRetained(Kept(content)) }

private final class Kept {
  let content: Any
  init(_ content: Any) { self.content = content }
}
