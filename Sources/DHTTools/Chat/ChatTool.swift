/// The program `dhtchat`: talks on a key of the network. (tools.md §5)
public enum ChatTool {
  /// Runs the program on a command line without its own name, and ends the process.
  public static func main(_ arguments: [String]) async -> Never {
    await NodeLaunch(program: program).main(arguments)
  }

  // What was said is not kept in a file.
  private static let program = NodeProgram(name: "dhtchat", help: help, isChat: true) { dht, _, output, _ in
    ChatShell(DHTBackend(dht: dht), output: output)
  }

  static let help = """
    Usage: dhtchat [-n network_id] [-p local_port] [-b bootstrap_host[:port]] [--certificate file --privkey file]

    dhtchat, a simple OpenDHT command line chat client.

    Type 'c {hash}' to join a channel: 40 hexadecimal digits, or any word. There, each line is a message, signed with
    your key; 'e {id} text' encrypts one for the owner of an id, 'd' leaves the channel. 'x', or the end of input, ends.

      -i, --identity        make an identity: the default, unless one is loaded
          --save-identity P with -i: write it to P.crt, P.pem, P_ca.crt, P_ca.pem
          --certificate F, --privkey F, --privkey-password PW
                            the identity to use; a password may stand in DHT_PRIVKEY_PASSWORD, or is asked for

    All other options are those of dhtnode: see dhtnode --help.

    Exit status: 0 done, 1 failed (port in use …), 64 wrong usage, 73 cannot write, 77 key or password.

    """
}
