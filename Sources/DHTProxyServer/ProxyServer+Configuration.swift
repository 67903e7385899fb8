package import DHTProxyMessages
public import Logging

extension ProxyServer {
  /// How a server is set up.
  public struct Configuration: Sendable {
    /// Address to bind. `::` takes IPv4 clients as well.
    public var address = "::"
    /// Port of plain HTTP; 0 lets the system choose one, nil opens none.
    public var port: Int?
    /// Port and keys of HTTPS; nil opens none.
    public var secure: Secure?
    /// Whether clients may have values signed and encrypted with the node's identity: those whose token or certificate
    /// opens `identity`, or all, if none does.
    public var mayUseIdentity = false
    /// Bounds on what clients can grow.
    public var limits = Limits()
    /// How much each client may use, who may do what, and when the server says that it cannot serve.
    public var operations = OperationsSettings()
    /// Permanent puts and push subscriptions: their bounds, where pushes go, and the file that they are kept in.
    public var registrations = Registrations.Configuration()
    /// Silence on a listen after which a chunk with one space is sent, so that dead connections are noticed; clients
    /// in the field skip it. Nil for none.
    public var heartbeat: Duration? = .seconds(30)
    /// Whether a stopping server ends its listens with a malformed chunk, which is the only end after which deployed
    /// clients listen again at once. It breaks the rules of HTTP on purpose.
    public var endsListensMalformed = false
    /// Threads that serve connections; 0 shares those of SwiftNIO's own group, one for each core, with the nodes.
    public var threads = 0
    /// Where the server tells of its start and of trouble.
    public var logger: Logger?
    /// Whose bytes are written, where releases differ.
    package var release = PeerRelease.v4

    /// The defaults, but for what is given.
    public init(port: Int? = 8000, secure: Secure? = nil) {
      self.port = port
      self.secure = secure
    }
  }

  /// A port for HTTPS.
  public struct Secure: Sendable {
    /// The port; 0 lets the system choose one.
    public var port: Int
    /// The certificate and those of its issuers, in PEM.
    public var certificates: [UInt8]
    /// The key of the certificate, in PEM.
    public var privateKey: [UInt8]
    /// What opens the key.
    public var password: String?
    /// Issuers of clients' certificates, in PEM; nil asks no client for one.
    public var clientAuthorities: [UInt8]?
    /// Whether a client without a certificate is turned away.
    public var requiresClientCertificate = false

    /// A port with its certificate.
    public init(port: Int, certificates: [UInt8], privateKey: [UInt8], password: String? = nil) {
      self.port = port
      self.certificates = certificates
      self.privateKey = privateKey
      self.password = password
    }
  }

  /// Bounds on what clients can grow. Full is an answer: what each one says stands beside it.
  public struct Limits: Sendable {
    /// Connections at a time; more are answered 503 and closed.
    public var connections = 20_000
    /// Bytes of a path with its query; longer: 414. Deployed clients send 60.
    public var pathBytes = 4096
    /// Bytes of the fields of a head; more: 431.
    public var headBytes = 16 << 10
    /// Bytes of a body, of whatever route; more: 413. Most routes have less: 512 KiB for a value, 16 KiB where there is none.
    public var bodyBytes = 1 << 20
    /// Bytes of bodies that are coming in or being worked on, on each event loop; more: 503.
    public var bodyBytesAtOnce = 64 << 20
    /// Streams at a time on a connection of HTTP/2; a client may not open more.
    public var streamsPerConnection = 100
    /// Time for a request to come in whole; later: 408. And to a handshake.
    public var requestTime: Duration = .seconds(60)
    /// Time without a request after which a connection is closed.
    public var idleTime: Duration = .seconds(600)
    /// Time in which a client that has something to read must read some of it; else the connection is closed. Deployed
    /// servers wait as long.
    public var writeTime: Duration = .seconds(60)
    /// Time for an operation of the network, at most; then it fails with a reason, or gives what it has.
    public var operationTime: Duration = .seconds(10)
    /// Time for an operation of a node that is not connected; then: 503.
    public var isolatedTime: Duration = .seconds(10)

    /// The defaults.
    public init() {}
  }
}
