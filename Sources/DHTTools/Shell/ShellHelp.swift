/// What `h` prints: the lines of the network's tools, for the commands that work in this version. (tools.md §3.4)
let shellHelp = """
  OpenDHT command line interface (CLI)
  Possible commands:
    h, help    Print this help message.
    x, quit    Quit the program.
    log        Start/stop printing DHT logs.

  Node information:
    ll         Print basic information and stats about the current node.
    ls [key]   Print basic information about current search(es).
    ld [key]   Print basic information about currenty stored values on this node (or key).
    lr         Print the full current routing table of this node.
    la         Print the public addresses of this node that others reported.

  Operations with the proxy:
    pst [port] <pushServer>           Start the proxy interface on port.
    psx [port] <pushServer>           Start the proxy interface on port, with TLS.
    psp [port]                        Stop the proxy interface on port.
    stt [server_address] <device_key> Start the proxy client: go through a proxy.
    rs  [token]                       Resubscribe to opendht, with this push token.
    rp  [token]                       Inject a push notification in Opendht.
    stp                               Stop the proxy client: be a node again.

  Operations on the DHT:
    b <ip:port>           Ping potential node at given IP address/port.
    g <key>               Get values at <key>.
    q <key>               Get fields of the values at <key>: [SELECT id,user_type] [WHERE value_type=3].
    l <key>               Listen for value changes at <key>.
    cl <key> <token>      Cancel listen for <token> and <key>.
    p <key> <str>         Put string value at <key>. Quote a string with spaces: "two words".
    pp <key> <str>        Put string value at <key> (persistent version).
    cpp <key> <id>        Cancel persistent put operation for <key> and value <id>.
    s <key> <str>         Put string value at <key>, signed with our generated private key.
    e <key> <dest> <str>  Put string value at <key>, encrypted for <dest> with its public key (if found).
                          <dest> is an id of 40 digits or a long id of 64, as ll shows it.
    cc                    Trigger connectivity changed signal.

  Not available in this version: a, il, ii.

  """
