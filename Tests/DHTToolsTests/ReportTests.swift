import DHTJSON
import DHTText
import OpenDHT
import Testing

@testable import DHTTools

@Suite struct ReportTests {
  private let node = FakeNode()
  private static let contact = NodeContact(
    id: InfoHash(hex: "c5bdfd56515ad3f06eba6218d6dcc6ea9a7bfb70") ?? .zero,
    address: SocketAddress(ip: IPAddress(ipv4: 0x7f00_0001), port: 13301))
  private static let known = NodeDescription(
    contact: contact, state: .good, sinceHeard: .milliseconds(4550), sinceReplied: .milliseconds(4550), roundTrip: nil)
  private static let foo = InfoHash(hashing: "foo")

  @Test("T-5: the banner") func banner() async {
    #expect(
      await NodeReport.banner(of: node) == """
        OpenDHT node eec93028a453839cd2c4ad4fd64301f2ab5e02c6 running on port 13302
         (type 'h' or 'help' for a list of possible commands)

        """)
    let known = FakeNode(identity: TestIdentity.alice)
    #expect(
      await NodeReport.banner(of: known) == """
        OpenDHT node eec93028a453839cd2c4ad4fd64301f2ab5e02c6 running on port 13302
        Public key ID \(TestIdentity.alice.id)
         (type 'h' or 'help' for a list of possible commands)

        """)
    #expect(await NodeReport(of: known).text.contains("\nPublic key long ID \(TestIdentity.alice.longID)\n"))
    await node.set { $0.ports = BoundPorts(ipv4: 1, ipv6: 2) }
    #expect(await NodeReport.head(of: node).hasSuffix(" running on IPv4 port 1, IPv6 port 2"))
    await node.set { $0.ports = BoundPorts(ipv6: 2) }
    #expect(await NodeReport.head(of: node).hasSuffix(" running on port 2"))
  }

  @Test("T-6: ll") func nodeReport() async {
    await node.set { node in
      (node.ipv4.good, node.ipv4.incoming, node.ipv4.searches, node.ipv4.knownNodes, node.ipv4.tableDepth) = (
        1, 1, 1, 1, 3
      )
    }
    #expect(
      await NodeReport(of: node).text == """
        OpenDHT node eec93028a453839cd2c4ad4fd64301f2ab5e02c6 running on port 13302
        1 ongoing operations
        Storage has 2 values, using 4.00 KB (4096 bytes)
        IPv4 stats:
        Known nodes: 1 good, 0 dubious, 1 incoming.
        1 searches, 1 total cached nodes
        Routing table depth: 3
        Network size estimation: 64 nodes

        IPv6 stats:
        Known nodes: 0 good, 0 dubious, 0 incoming.
        0 searches, 0 total cached nodes

        """)
  }

  @Test("T-6: lr") func routingTables() async {
    await node.set { node in
      node.tables = [
        BucketDescription(first: .zero, nodes: [Self.known], hasCandidate: true, sinceUpdated: .milliseconds(4550))
      ]
    }
    #expect(
      await RoutingReport(of: node).text == """
        IPv4 routing table:
        0000000000000000000000000000000000000000 count: 1 updated: 4.55 s ago (cached)
            Node c5bdfd56515ad3f06eba6218d6dcc6ea9a7bfb70 127.0.0.1:13301 updated: 4.55 s ago, replied: 4.55 s ago [good]

        IPv6 routing table:

        """)
  }

  private func search(_ family: AddressFamily) -> SearchDescription {
    SearchDescription(
      key: Self.foo, family: family, gets: 0, announced: [Value([1], type: 8, id: 1)],
      listens: [Query(where: [.userType("text/plain")])], isDone: false, isSynced: true, sinceStep: .milliseconds(1240),
      entries: [
        SearchDescription.Entry(
          node: Self.known, commonBits: 2, isInTable: true, isAsked: false, isLate: false, isSynced: true,
          hasListen: true,
          hasAnnounce: false)
      ])
  }

  @Test("T-6: ls") func searches() async {
    let one = search(.ipv4)
    await node.set { $0.searchList = [one] }
    #expect(
      await String(decoding: SearchReport(of: node, at: nil).text(forTerminal: false), as: UTF8.self) == """
        s:synched, u:updated, a:announced, c:candidate, f:cur req, x:expired, *:known

        Search IPv4 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33 gets: 0, last step: 1.24 s ago [synced] [listening]
        Announcement: Value[id:1 Certificate]
        Queries:
        Query[SELECT * WHERE user_type=text/plain]
         Common bits    InfoHash                       Conn. Get   Ops  IP
          2 c5bdfd56515ad3f06eba6218d6dcc6ea9a7bfb70 * [  ] [u ] [l] 127.0.0.1:13301
        Total: 1 searches (1 IPv4, 0 IPv6).

        """)
    let many = Array(repeating: search(.ipv6), count: 9)
    await node.set { $0.searchList = many }
    let lines = await String(decoding: SearchReport(of: node, at: nil).text(forTerminal: false), as: UTF8.self).split(
      separator: "\n")
    #expect(
      lines.count == 10 && lines.first == "[search \(Self.foo) IPv6]"
        && lines.last == "Total: 9 searches (0 IPv4, 9 IPv6).")
  }

  @Test("T-6: ld") func storage() async {
    let storage = StorageDescription(
      key: Self.foo,
      values: [
        .init(
          value: Value("hello", id: 7), age: .seconds(60), remaining: .seconds(540), source: Self.contact.address.ip)
      ],
      listeners: [Self.contact], localListeners: 1)
    await node.set { $0.storageList = [storage] }
    #expect(
      await StorageReport(of: node, at: nil).text == """
        Storage 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33 1 list., 1 values (15 B)
           Listener c5bdfd56515ad3f06eba6218d6dcc6ea9a7bfb70 127.0.0.1:13301 : 1 entries
           1 local listeners


        IP 127.0.0.1 uses 15 B

        Total 8 storages, 2 values (4.00 KB (4096 bytes))

        """)
    #expect(
      await StorageReport(of: node, at: Self.foo).text.split(separator: "\n").last
        == "   Value 7 size: 15 B created: 1 min ago expires: in 9 min")
    #expect(await StorageReport(of: node, at: .random()).text.hasSuffix(" empty"))
  }

  @Test("dht trace: a line for each answer, an object for each step") func trace() {
    let report = TraceReport(key: Self.foo, isColored: false)
    func step(_ kind: TraceStep.Kind, hop: Int = 2) -> TraceStep {
      TraceStep(at: Instant(nanoseconds: 5), node: Self.contact, hop: hop, roundTrip: .milliseconds(1), kind: kind)
    }
    #expect(report.line(for: step(.asked(attempt: 1))) == nil)
    #expect(
      report.line(for: step(.answered(nodes: [Self.contact], values: 2, hasToken: true)))
        == "  2    0        1 ms    └ \(Self.contact)  1 node, 2 values, token")
    #expect(report.line(for: step(.silent, hop: 0))?.hasSuffix("\(Self.contact)  silent") == true)
    #expect(
      JSON.object(report.members(of: step(.refused(code: 401)), since: Instant(nanoseconds: 0))).description
        == #"{"at":0.000000005,"step":"refused","hop":2,"bits":0,"node":"\#(Self.contact.id)","address":"127.0.0.1:13301","#
        + #""roundTrip":0.001,"code":401}"#)
  }
}
