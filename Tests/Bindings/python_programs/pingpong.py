"""Two nodes among nine throw a value to and fro, each by a put that the other listens for.

As tools.md §12.2 tells of pingpong.py. Argument: how many round trips.
"""

import sys
import threading
import time

import opendht as dht


def main(rounds):
    config = dht.DhtConfig()
    config.setRateLimit(-1, -1)
    nodes = []
    for _ in range(11):
        node = dht.DhtRunner()
        node.run(config=config)
        if nodes:
            node.bootstrap("127.0.0.1", str(nodes[0].getBound().getPort()))
        nodes.append(node)
    time.sleep(0.5)
    ping, pong = nodes[-2:]
    keys, left, over = {ping: dht.InfoHash.getRandom(), pong: dht.InfoHash.getRandom()}, [rounds], threading.Event()

    def throw(node, other):
        def done(ok, nodes):
            if not ok:
                print("failed")
                over.set()
        node.put(keys[other], dht.Value(b"hey"), done)

    def catch(node, other):
        def change(value, expired):
            if not expired and not over.is_set():
                if node is ping:
                    left[0] -= 1
                if left[0]:
                    throw(node, other)
                else:
                    over.set()
            return not over.is_set()
        return change

    ping.listen(keys[ping], catch(ping, pong))
    pong.listen(keys[pong], catch(pong, ping))
    time.sleep(0.5)
    began = time.time()
    throw(ping, pong)
    over.wait(60)
    took = time.time() - began
    done = rounds - left[0]
    print(f"{done} ping-pong done, took {took:.3f} s")
    print(f"{1000 * took / max(done, 1):.3f} ms per rt {done / took:.1f} rt per s")
    for node in nodes:
        node.shutdown()
    for node in nodes:
        node.join()


if __name__ == "__main__":
    main(int(sys.argv[1]))
