"""Puts values on random keys from one node, and waits for them on another, every period.

As tools.md §12.2 tells of network_monitor.py; `-c` ends after so many periods.
"""

import argparse
import sys
import threading
import time

import opendht as dht

options = argparse.ArgumentParser()
options.add_argument("-b", "--bootstrap", default="bootstrap.jami.net")
options.add_argument("-n", "--num-ops", type=int, default=8)
options.add_argument("-p", "--period", type=float, default=60)
options.add_argument("-t", "--timeout", type=float, default=15)
options.add_argument("-c", "--count", type=int, default=1 << 30)
arguments = options.parse_args()

nodes = dht.DhtRunner(), dht.DhtRunner()
for node in nodes:
    node.run()
    node.bootstrap(*arguments.bootstrap.rsplit(":", 1))

changed, waiting = threading.Condition(), {}


def expect(key):
    def change(value, expired):
        with changed:
            if not expired and waiting.get(str(key)) == value.id:
                del waiting[str(key)]
                changed.notify()
                return False
        return True
    return change


def test():
    keys = [dht.InfoHash.getRandom() for _ in range(arguments.num_ops)]
    for number, key in enumerate(keys):
        value = dht.Value(b"value %d" % number)
        value.id = number + 1
        with changed:
            waiting[str(key)] = value.id
        nodes[1].listen(key, expect(key))
        nodes[0].put(key, value, lambda ok, nodes: None)
    with changed:
        return changed.wait_for(lambda: not waiting, arguments.timeout)


code = 0
for _ in range(arguments.count):
    began = time.time()
    if not test():
        print("Test timeout !")
        code = 1
        break
    print(time.strftime("%Y-%m-%d %H:%M:%S"), "Test completed successfully in", time.time() - began, flush=True)
    time.sleep(arguments.period)
for node in nodes:
    node.shutdown()
    node.join()
sys.exit(code)
