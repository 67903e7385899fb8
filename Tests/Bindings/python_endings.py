"""Ends of a process in which nodes run: each part is a process of its own, named by the first argument.

The second is a port of a network to join. What goes well prints "done" last, and ends with 0.
"""

import _thread
import faulthandler
import itertools
import os
import signal
import sys
import threading
import time

import opendht as dht
from opendht import _ends, _operations

PART, PORT = sys.argv[1:3]
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it


def node():
    config = dht.DhtConfig()
    config.setRateLimit(-1, -1)
    made = dht.DhtRunner()
    made.run(ipv4="127.0.0.1", config=config)
    if PORT != "none":
        made.bootstrap("127.0.0.1", PORT)
    return made


def storm():
    """Callbacks of four nodes, of operations that eight threads begin, while others wait, listen and collect garbage."""
    nodes, per_thread = [node() for _ in range(4)], 150
    keys = [dht.InfoHash.getRandom() for _ in range(8)]
    counts, lock, failures = {"put": 0, "got": 0, "ended": 0, "told": 0}, threading.Lock(), []

    def count(what, answer=True):
        with lock:
            counts[what] += 1
        return answer

    tokens = [mine.listen(key, lambda value, expired: count("told")) for mine in nodes for key in keys]

    def work(number):
        try:
            for turn in range(per_thread):
                mine, key = nodes[(number + turn) % 4], keys[turn % 8]
                value = dht.Value(b"%d" % turn)
                value.id = turn % 16 + 1
                mine.put(key, value, lambda ok, nodes: count("put", [str(n) for n in nodes]))
                mine.get(key, lambda value: count("got", bool(value.data)), lambda ok, nodes: count("ended"))
                if turn % 50 == 0:
                    mine.get(key)
        except BaseException as error:
            failures.append(repr(error))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    end = time.monotonic() + 30
    while time.monotonic() < end and (counts["put"], counts["ended"]) != (8 * per_thread, 8 * per_thread):
        time.sleep(0.05)
    for mine, token in zip([mine for mine in nodes for _ in keys], tokens):
        mine.cancelListen(token)
    print(counts, failures)
    assert not failures and counts["put"] == counts["ended"] == 8 * per_thread and counts["told"] > 0
    for mine in nodes:
        mine.join()
    assert not _operations._live, _operations._live  # each has ended, and left nothing behind


def busy(mine):
    """Operations of every kind, that go on."""
    for number in range(50):
        key = dht.InfoHash.getRandom()
        mine.put(key, dht.Value(b"x"), lambda ok, nodes: time.sleep(0.001), permanent=True)
        mine.get(key, lambda value: True, lambda ok, nodes: None)
        mine.listen(key, lambda value, expired: True)
    mine.ping(dht.SockAddr.resolve("127.0.0.1", "9")[0], lambda ok: None)


def leave():
    """The interpreter ends while operations run, and while another thread waits for one."""
    mine = [node(), node()]
    for each in mine:
        busy(each)
    threading.Thread(target=lambda: mine[0].ping(dht.SockAddr.resolve("127.0.0.1", "9")[0]), daemon=True).start()
    time.sleep(0.05)


def forget():
    """Nodes are dropped while operations run: from here, and from a callback of their own."""
    for _ in range(3):
        mine = node()
        busy(mine)
        del mine
    box = [node()]
    over = threading.Event()
    box[0].put(dht.InfoHash.getRandom(), dht.Value(b"x"), lambda ok, nodes: (box.clear(), over.set()))
    assert over.wait(20)


def fork():
    """A child has none of the nodes, and can make its own; parent and child end as they should."""
    mine = node()
    busy(mine)
    key, value = dht.InfoHash.getRandom(), dht.Value(b"of the parent")
    assert mine.put(key, value)
    child = os.fork()
    if child == 0:
        assert not mine.isRunning() and mine.put(key, value) is False and mine.get(key) == [] and not mine.getNodeId()
        told = []
        mine.get(key, lambda value: True, lambda ok, nodes: told.append((ok, nodes)))
        assert told == [(False, [])]
        own = node()
        found = own.get(key)
        assert [value.data for value in found] == [b"of the parent"], found
        mine.run(ipv4="127.0.0.1")  # may run again, as another node
        assert mine.isRunning()
        print("child done", flush=True)
        sys.exit(0)  # by the ordinary way out, with what runs at exit
    end = time.monotonic() + 30
    ended, status = os.waitpid(child, os.WNOHANG)
    while not ended and time.monotonic() < end:
        time.sleep(0.05)
        ended, status = os.waitpid(child, os.WNOHANG)
    if not ended:
        os.kill(child, signal.SIGKILL)
    assert ended and os.waitstatus_to_exitcode(status) == 0, status
    assert mine.isRunning() and [value.data for value in mine.get(key)] == [b"of the parent"]


def join():
    """join() while a callback sleeps. proves: B-17"""
    mine, entered = node(), threading.Event()
    ended = []

    def slow(ok, nodes):
        entered.set()
        time.sleep(1)
        ended.append(time.monotonic())

    mine.put(dht.InfoHash.getRandom(), dht.Value(b"x"), slow)
    assert entered.wait(20)
    mine.join()
    late = time.monotonic() - ended[0]
    print("%.3f s after the callback" % late)
    assert 0 <= late < 2 and not mine.isRunning()


def together():
    """Two threads join a node that a third uses."""
    mine, go_on = node(), True
    busy(mine)

    def use():
        while go_on:
            mine.put(dht.InfoHash.getRandom(), dht.Value(b"x"), lambda ok, nodes: None)
            mine.getStorageLog()

    user = threading.Thread(target=use)
    user.start()
    threads = [threading.Thread(target=mine.join) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    go_on = False
    user.join(20)
    assert not mine.isRunning() and not any(thread.is_alive() for thread in [user, *threads])


def interrupt():
    """Control-C ends a call that waits."""
    mine = node()
    silent = dht.SockAddr.resolve("127.0.0.1", "9")[0]
    for wait in (lambda: mine.ping(silent), lambda: mine.waitConnected(20) and mine.ping(silent)):
        timer = threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        began = time.monotonic()
        try:
            wait()
            raise AssertionError("it was not interrupted")
        except KeyboardInterrupt:
            print("interrupted after %.2f s" % (time.monotonic() - began))
        assert time.monotonic() - began < 1.5


def kill():
    """An exception nobody catches ends the interpreter; so does what runs at exit."""
    mine = node()
    busy(mine)
    import atexit
    atexit.register(lambda: print("at exit", mine.isRunning()))
    with dht.DhtRunner() as other:
        busy(other)
    assert not other.isRunning()


def held_up():
    """A node with a callback that never returns."""
    mine, entered = node(), threading.Event()
    mine.put(dht.InfoHash.getRandom(), dht.Value(b"x"), lambda ok, nodes: (entered.set(), threading.Event().wait()))
    assert entered.wait(20)
    return mine


def stuck():
    """The interpreter ends although a callback of one node does not return; the other node is stopped."""
    global mine
    _ends.GRACE = 0.5  # else this would take its 5 seconds
    mine = [held_up(), node()]
    dht.Pht(b"index", {"name": 4}, mine[0]).insert({"name": b"abcd"}, dht.IndexValue())  # held by what runs


def impatient():
    """Control-C shortens the wait for such a callback, in a join and at the end of the interpreter."""
    global mine
    _ends.GRACE = 60.0
    mine = held_up()
    threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    try:
        mine.join()
        raise AssertionError("it was not interrupted")
    except KeyboardInterrupt:
        pass
    at_end = threading.Thread(target=lambda: (time.sleep(0.5), os.kill(os.getpid(), signal.SIGINT)), daemon=True)
    at_end.start()


def interrupted_with():
    """Control-C in the wait at the end of a `with`: the node does not run on."""
    try:
        with node() as mine:
            mine.ping(dht.SockAddr.resolve("127.0.0.1", "9")[0], lambda ok: None)
            timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
            timer.start()
        raise AssertionError("it was not interrupted")
    except KeyboardInterrupt:
        assert not mine.isRunning()


def locked():
    """A node is dropped where a lock is held that its callback wants. Another can have its port, soon after."""
    faulthandler.dump_traceback_later(10, exit=True)
    lock, entered, left, mine = threading.Lock(), threading.Event(), threading.Event(), node()

    def callback(ok, nodes):
        entered.set()
        with lock:
            left.set()

    mine.put(dht.InfoHash.getRandom(), dht.Value(b"x"), callback)
    assert entered.wait(5)
    with lock:
        del mine
    assert left.wait(5)
    box = [node()]
    port = box[0].getBound().getPort()
    box.clear()
    other = dht.DhtRunner()
    other.run(ipv4="127.0.0.1", port=port)
    assert other.isRunning() and other.getBound().getPort() == port


def begun():
    """Control-C right behind the call that began an operation: it is cancelled, and forgotten when it is over."""
    mine, ended, starmap = node(), [], _operations.starmap
    # The signal is there when the library returns: no line of Python runs between.
    _operations.starmap = lambda call, arguments: itertools.chain(starmap(call, arguments), starmap(_thread.interrupt_main, [()]))
    silent = dht.SockAddr.resolve("127.0.0.1", "9")[0]
    for call in (lambda: mine.listen(dht.InfoHash.getRandom(), lambda value, expired: True, done_cb=lambda ok, nodes: ended.append(ok)),
                 lambda: mine.ping(silent, ended.append), lambda: mine.ping(silent)):
        try:
            call()
            raise AssertionError("it was not interrupted")
        except KeyboardInterrupt:
            pass
    _operations.starmap = starmap
    end = time.monotonic() + 2  # a ping that is not cancelled takes longer
    while time.monotonic() < end and (_operations._live or mine.statistics()["ongoing_operations"]):
        time.sleep(0.02)
    assert not _operations._live and len(ended) == 2 and not mine.statistics()["ongoing_operations"], (_operations._live, ended)
    assert len({_operations.Operation(0, bool).number for _ in range(50)}) == 50  # late news reaches nobody else


def copies():
    """Threads read a value that others write: what they get is one of those written, whole."""
    sys.setswitchinterval(1e-6)
    value, end, torn, reads = dht.Value(b"a" * 1000), time.monotonic() + 1.5, [], []
    value.user_type = "a"

    def write():
        for turn in itertools.count():
            letter = chr(97 + turn % 26)
            value.data = letter.encode() * (200000 if turn % 2 else 100)
            value.user_type = letter * (2000 if turn % 2 else 10)
            if time.monotonic() > end:
                break

    def read():
        count = 0
        while time.monotonic() < end:
            for content in (value.data, value.user_type):
                count += 1
                if content.strip(content[:1]):
                    torn.append(content[:20])
        reads.append(count)

    threads = [threading.Thread(target=work) for work in (write, write, read, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(reads), "reads")
    assert sum(reads) > 100 and not torn, (len(torn), torn[:3])


PARTS = {"storm": storm, "leave": leave, "forget": forget, "fork": fork, "join": join, "together": together, "interrupt": interrupt, "kill": kill,
         "stuck": stuck, "impatient": impatient, "with": interrupted_with, "locked": locked, "begun": begun, "copies": copies}
PARTS[PART]()
print("done", flush=True)
