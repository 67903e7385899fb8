"""Nodes on consecutive ports, with a shell: node, resize, ll, ls, log, exit. As tools.md §12.1 tells of dhtcluster."""

import argparse
import cmd
import logging
import sys

import opendht as dht

logger = logging.getLogger("dhtcluster")
logging.basicConfig(level=logging.INFO)


class Cluster:
    def __init__(self, arguments):
        self.port, self.log, self.nodes = arguments.port, arguments.log, []
        self.bootstrap = arguments.bootstrap.split(":") if arguments.bootstrap else None

    def resize(self, count):
        if count == len(self.nodes):
            return
        logger.info("Launching %d nodes bound on IPv4 0.0.0.0 IPv6 ::0", count)
        while len(self.nodes) < min(count, 500):
            self.launch(self.port + len(self.nodes))
        while len(self.nodes) > count:
            self.end(self.nodes.pop())

    def launch(self, port):
        if self.bootstrap is None:
            self.bootstrap = ["0.0.0.0", str(port)]
        logger.info("Running node on port %s with bootstrap %s", port, tuple(self.bootstrap))
        node = dht.DhtRunner()
        node.run(ipv4="0.0.0.0", ipv6="::0", port=port)
        node.bootstrap(self.bootstrap[0], self.bootstrap[1] if len(self.bootstrap) > 1 else "4222")
        if self.log:
            node.enableFileLogging("%s%d.log" % (self.log, len(self.nodes)))
        self.nodes.append(node)

    def end(self, node):
        node.shutdown()
        node.join()

    def close(self):
        logger.warning("Ending node cluster")
        while self.nodes:
            self.end(self.nodes.pop())


class Shell(cmd.Cmd):
    prompt = ">> "
    node = None

    def __init__(self, cluster):
        super().__init__()
        self.cluster, self.use_rawinput = cluster, False

    def do_node(self, text):
        if not text:
            self.node, self.prompt = None, ">> "
            return
        try:
            number = int(text)
            assert 1 <= number <= len(self.cluster.nodes)
            self.node, self.prompt = self.cluster.nodes[number - 1], "(%d) >> " % number
        except (ValueError, AssertionError):
            print("Invalid node number:", text, " (accepted: 1-", len(self.cluster.nodes), ")")

    def do_resize(self, text):
        try:
            self.cluster.resize(int(text))
        except ValueError as error:
            print("Can't resize:", error)

    def do_ll(self, text):
        if self.node:
            print("Node", self.node.getNodeId().decode())
        else:
            print(len(self.cluster.nodes), "nodes running.")

    def do_ls(self, text):
        print(self.node.getSearchesLog(0) if self.node else "No node selected.")

    def do_log(self, text):
        if self.node:
            self.node.enableLogging()
        else:
            print("No node selected.")

    def do_exit(self, text):
        return True

    do_EOF = do_exit


options = argparse.ArgumentParser()
options.add_argument("-n", "--node-num", type=int, default=32)
options.add_argument("-p", "--port", type=int, default=4000)
options.add_argument("-b", "--bootstrap")
options.add_argument("-l", "--log")
arguments = options.parse_args()
cluster = Cluster(arguments)
try:
    cluster.resize(arguments.node_num)
    Shell(cluster).cmdloop()
finally:
    cluster.close()
    sys.stdout.flush()
