import OpenDHT

/// What `dhtnode --help` and `--version` print.
enum NodeUsage {
  static let help = """
    Usage: dhtnode [-v [-l logfile]] [-i] [-s] [-n network_id] [-p local_port] [-b bootstrap_host[:port]] [--bind address] [-4|-6]

    dhtnode, a simple OpenDHT command line node runner.

      -h, --help            print this and exit
      -V, --version         print the version and exit
      -p, --port N          UDP port; 0, the default, lets the system choose
      -n, --net N           network id, 0x for hexadecimal (default 0)
      -b, --bootstrap HOST  host[:port] or [address]:port of a node to join; port 4222 if none; repeatable.
                            Without it the node waits to be found: no network is joined unasked.
          --bind ADDRESS    bind to this address only; repeatable, one for each family
      -4, -6                IPv4 only, IPv6 only
      -i, --identity        make an identity: a key to sign with, and to receive encrypted values with
          --save-identity P with -i: write it to P.crt, P.pem and its authority to P_ca.crt, P_ca.pem
          --certificate F   the identity's certificate, and
          --privkey F       its private key: from files, as --save-identity or the network's tools wrote them
          --privkey-password PW
                            of that key. Others can read command lines: better in the environment variable
                            DHT_PRIVKEY_PASSWORD, or typed when it is asked for
      -s, --service         no shell: run until SIGINT or SIGTERM
      -v, --verbose         log to standard error
      -l, --logfile FILE    with -v: log to a file
      -U, --no-rate-limit   no limit on requests, searches and storage for others
      -P, --public-stable   the node's address is public and stays

          --proxyserver N   serve the REST proxy on this TCP port, for programs without a node of their own
          --proxyserverssl N
                            the same with TLS; needs
          --proxy-certificate F, --proxy-privkey F
                            its certificate, with its chain, and its private key; the password of that key in the
                            environment variable DHT_PROXY_PRIVKEY_PASSWORD, or --proxy-privkey-password PW
          --proxy-addr A    bind the proxy to this address only
          --pushserver H    host:port of the Gorush gateway that sends notifications to phones
          --bundleid ID     topic of notifications that name none
      -f, --persist PREFIX  with --proxyserver: keep what clients leave with it in PREFIX_PORT, safe from crashes
                            (the state of the node itself is not kept in this version)
          --proxyclient URL be no node: go through the proxy at this address. In the environment: DHT_PROXY_TOKEN, a
                            bearer token; DHT_PROXY_CA, a file with the authorities to trust; DHT_PROXY_SECRET
          --devicekey TOKEN with --proxyclient: subscribe with this push token

    Recognised, but not available in this version: --daemonize --peer-discovery --syslog

    Exit status: 0 done, 1 failed (port in use …), 64 wrong usage, 73 cannot write, 77 key or password.

    """

  static let versionNumber = DHT.version
  static let version = """
    OpenDHT version \(versionNumber)
    opendht-swift, an implementation in Swift of the OpenDHT network's protocol
    MIT license

    """
}
