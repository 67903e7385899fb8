/// Many nodes in one process, driven by JSON lines: the test driver of our side.
///
/// A request is `{"tag": n, "op": name, "node": i, ...}`; its answer carries the tag. Changes of a listen come as
/// `{"event": "added" | "updated" | "expired", "listen": n, "value": {...}, "at": seconds}` without one.
/// The driver of the reference, Tests/Interop/reference_peer.py, speaks the same lines.
@main
struct InteropNode {
  static func main() async {
    let lines = LineWriter()
    let nodes = Nodes(lines)
    lines.write(Reply(event: "ready", version: "ours"))
    for await line in standardInputLines() {
      // Each request on its own: a put that waits must not hold up the others.
      Task { await nodes.handle(line) }
    }
    await nodes.stopAll()
    lines.finish()
    await lines.written()
  }
}
