package import DHTCore
package import DHTModel
package import DHTTransport

/// The UDP node carries out operations itself.
extension NodeDriver: Engine {
  package func begin(_ request: OperationRequest, _ note: (OperationID) -> Void) {
    step { node, now in
      switch request {
      case .put(let put, let deadline):
        let options = PutOptions(
          isPermanent: put.isPermanent, created: put.created, verify: put.verify, deadline: deadline,
          hasDrawnID: put.hasDrawnID)
        note(node.put(put.value, at: put.key, options: options, now: now))
      case .get(let key, let filters, let deadline, let isTraced):
        note(node.get(key, where: filters, deadline: deadline, isTraced: isTraced, now: now))
      case .query(let key, let query, let deadline): note(node.query(key, query, deadline: deadline, now: now))
      case .listen(let key, let filters, let deadline):
        note(node.listen(to: key, where: filters, deadline: deadline, now: now))
      case .forwardedGet(let key, let deadline): note(node.get(key, deadline: deadline, isForwarded: true, now: now))
      case .forwardedListen(let key): note(node.listen(to: key, isForwarded: true, now: now))
      }
    }
  }

  package func cancel(_ operations: [OperationID]) {
    step { node, now in
      for id in operations { node.cancel(id, now: now) }
    }
  }

  package func cancelPut(_ id: Value.ID, at key: InfoHash) -> Bool {
    var wasThere = false
    step { node, now in wasThere = node.cancelPut(id, at: key, now: now) }
    return wasThere
  }

  package func known(of operation: OperationID) -> KnownResults {
    read { node, _ in
      KnownResults(values: node.knownValues(of: operation), records: node.knownRecords(of: operation))
    }
  }

  package var permanentValues: [(key: InfoHash, value: Value)] { read { node, _ in node.permanentValues } }

  package func announcedValues(at key: InfoHash) -> [Value] { read { node, _ in node.announcedValues(at: key) } }

  package func statistics(_ family: AddressFamily) -> FamilyStatistics {
    read { node, now in node.statistics(family, now: now) }
  }

  package var status: NodeStatus {
    NodeStatus(ipv4: statistics(.ipv4).status, ipv6: statistics(.ipv6).status)
  }

  package func connectivityChanged() { step { node, now in node.connectivityChanged(now: now) } }
}
