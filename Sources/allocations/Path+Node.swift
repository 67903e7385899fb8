import DHTCore
import DHTModel
import DHTWire

/// A datagram received by a node that knows others, until its answer is handed to the driver.
extension Path {
  static var node: [Path] {
    [
      answering("ping to reply through a node", Datagrams.ping),
      answering("find to reply through a node", Datagrams.find),
      answering("get to reply through a node, nothing stored", Datagrams.get),
      answering("get to reply through a node, one value stored", Datagrams.get, afterPut: true),
    ]
  }

  private static func answering(_ name: String, _ message: Message, afterPut isStored: Bool = false) -> Path {
    let server = Server()
    if isStored { server.store() }
    let bytes = Datagrams.bytes(message)
    return Path(name: name) { _ in
      server.receive(bytes)
      if server.takeAnswers() != 1 { fail("\(name): not one answer") }
    }
  }
}
