import MessagePack

// The one place for the names of wire.md. Computed, so that each folds into a constant where it is used.
extension MessagePackKey {
  // The envelope (§1.1).
  @inline(__always) static var kind: Self { Self("y") }
  @inline(__always) static var request: Self { Self("q") }
  @inline(__always) static var arguments: Self { Self("a") }
  @inline(__always) static var results: Self { Self("r") }
  @inline(__always) static var failure: Self { Self("e") }
  @inline(__always) static var legacyPush: Self { Self("u") }
  @inline(__always) static var part: Self { Self("p") }
  @inline(__always) static var transaction: Self { Self("t") }
  @inline(__always) static var agent: Self { Self("v") }
  @inline(__always) static var network: Self { Self("n") }
  @inline(__always) static var isClient: Self { Self("s") }

  // Arguments and results (§3.1).
  @inline(__always) static var id: Self { Self("id") }
  @inline(__always) static var key: Self { Self("h") }
  @inline(__always) static var target: Self { Self("target") }
  @inline(__always) static var want: Self { Self("w") }
  @inline(__always) static var query: Self { Self("q") }
  @inline(__always) static var token: Self { Self("token") }
  @inline(__always) static var socket: Self { Self("sid") }
  @inline(__always) static var version: Self { Self("ve") }
  @inline(__always) static var values: Self { Self("values") }
  @inline(__always) static var fields: Self { Self("fileds") }  // spelled so by every deployed node
  @inline(__always) static var created: Self { Self("c") }
  @inline(__always) static var valueID: Self { Self("vid") }
  @inline(__always) static var refreshed: Self { Self("re") }
  @inline(__always) static var expired: Self { Self("exp") }
  @inline(__always) static var nodes4: Self { Self("n4") }
  @inline(__always) static var nodes6: Self { Self("n6") }
  @inline(__always) static var observed: Self { Self("sa") }

  // Names of requests (§1.1), read and written as values of `q`.
  @inline(__always) static var ping: Self { Self("ping") }
  @inline(__always) static var find: Self { Self("find") }
  @inline(__always) static var get: Self { Self("get") }
  @inline(__always) static var put: Self { Self("put") }
  @inline(__always) static var listen: Self { Self("listen") }
  @inline(__always) static var refresh: Self { Self("refresh") }
  @inline(__always) static var update: Self { Self("update") }

  // Values (§5.1).
  @inline(__always) static var content: Self { Self("dat") }
  @inline(__always) static var body: Self { Self("body") }
  @inline(__always) static var type: Self { Self("type") }
  @inline(__always) static var data: Self { Self("data") }
  @inline(__always) static var userType: Self { Self("utype") }
  @inline(__always) static var sequence: Self { Self("seq") }
  @inline(__always) static var owner: Self { Self("owner") }
  @inline(__always) static var recipient: Self { Self("to") }
  @inline(__always) static var signature: Self { Self("sig") }
  @inline(__always) static var priority: Self { Self("p") }
  @inline(__always) static var pushType: Self { Self("pt") }

  // Queries and selected fields (§6).
  @inline(__always) static var select: Self { Self("s") }
  @inline(__always) static var filters: Self { Self("w") }
  @inline(__always) static var field: Self { Self("f") }
  @inline(__always) static var value: Self { Self("v") }

  // Parts (§7.1) and files (§10).
  @inline(__always) static var offset: Self { Self("o") }
  @inline(__always) static var piece: Self { Self("d") }
  @inline(__always) static var address: Self { Self("addr") }
  @inline(__always) static var fileVersion: Self { Self("v") }
  @inline(__always) static var nodes: Self { Self("nodes") }
}
