"""What ours does and the reference does not, or does wrong. Prints "ok" or "FAIL" and a name for each; "done" at its end.

Argument: the port of a network with nodes of 2.4.12 and 4.4.2.
"""

import asyncio
import contextlib
import io
import os
import pickle
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import opendht as dht
from opendht import _library, aio

PORT = sys.argv[1]
CONFIG = dht.DhtConfig()
CONFIG.setRateLimit(-1, -1)


def main():
    hashes()
    empty()
    identity, friend = dht.Identity.generate("someone", bits=2048), dht.Identity.generate("friend", bits=2048)
    identities(identity)
    stopped()
    runs(identity)
    with started(identity) as first, started(friend) as second:
        listens(first, second)
        permanents(first, second)
        receipts(first, second, friend)
        waits(first, second)
        told(first)
        index(first, second)
        asyncio.run(asynchronous(first, second))
    check("after its `with` a node does not run", not first.isRunning() and not second.isRunning())
    print("done", flush=True)


def check(name, holds):
    print("ok" if holds else "FAIL", name, flush=True)


def fails(kinds, function, *arguments, **named):
    try:
        function(*arguments, **named)
    except Exception as error:
        return isinstance(error, kinds)
    return False


def started(identity=None):
    node = dht.DhtRunner()
    node.run(identity, ipv4="127.0.0.1", config=CONFIG)
    node.bootstrap("127.0.0.1", PORT)
    return node


def wait(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(condition())


def hashes():
    a, b, c = dht.InfoHash.get("a"), dht.InfoHash.get("a"), dht.InfoHash.get("c")
    check("B-20: equal hashes have one hash(), and are one key of a dictionary", hash(a) == hash(b) and {a: 1}[b] == 1 and len({a, b, c}) == 2)
    check("B-20: != of equal hashes is False, of others True", not a != b and a != c)
    check("B-20: a hash is not equal to what is none, and is not ordered with it", a != 3 and not a == "a" and a is not None and fails(TypeError, lambda: a < 3))
    long_id = dht.PkId.get("a")
    check("B-20: the same of long ids", {long_id: 1}[dht.PkId.get("a")] == 1 and not long_id != dht.PkId.get("a") and long_id != a)
    check("a hash can be pickled", pickle.loads(pickle.dumps(a)) == a)
    check("fd00::/8 is private", dht.SockAddr.resolve("fd00::1")[0].isPrivate())


def empty():
    """Where the reference crashes."""
    key, certificate = dht.PrivateKey(), dht.Certificate()
    calls = [key.getId, key.getPublicKey, lambda: key.decrypt(b"x"), lambda: key.sign(b"x"), dht.PublicKey().getId,
             lambda: dht.PublicKey().encrypt(b"x"), certificate.getId, certificate.getName, lambda: str(dht.Value(b"x").owner),
             lambda: dht.Certificate.generate(key, "x"), lambda: dht.TrustList().add(certificate)]
    check("empty keys and certificates raise ValueError", all(fails(ValueError, call) for call in calls))
    value, pair = dht.Value(b"x"), dht.PrivateKey.generateEC()
    check("B-19: the owner of a value that nobody signed is an empty key", isinstance(value.owner, dht.PublicKey) and not value.owner)
    check("what a key cannot raises an error with a code", fails(dht.DhtError, pair.getPublicKey().encrypt, b"x")
          and fails(RuntimeError, pair.decrypt, b"x") and fails(RuntimeError, dht.Identity.generate, bits=10))
    for text in ("WHERE nothing=1", "SELECT id WHERE nothing=1"):
        check(f"B-19: Where and Query of {text!r} raise ValueError", fails(ValueError, dht.Where, text) and fails(ValueError, dht.Query, text))
    check("a public key is equal to its InfoHash, and to no long id", pair.getPublicKey() == pair.getPublicKey().getId()
          and len({pair.getPublicKey(), pair.getPublicKey().getId()}) == 1 and pair.getPublicKey() != pair.getPublicKey().getLongId())
    node, config = dht.DhtRunner(), dht.DhtConfig()
    check("a time or a number that does not fit raises OverflowError", all(
        fails(OverflowError, node.store, dht.InfoHash(), value, timeout=seconds) for seconds in (-1, 5_000_000, float("inf")))
        and fails(OverflowError, config.setRateLimit, 2 ** 70, 1) and fails(OverflowError, config.setRateLimit, 1, -2 ** 63 - 1))
    check("a moment is not no time at all", _library.milliseconds(0.0004) == 1 and _library.milliseconds(0) == 0)
    config.setProxyInfo("127.0.0.1:1")
    check("a proxy is refused, as the README says", fails(dht.DhtError, node.run, config=config) and not node.isRunning())
    check("a value is not copied by accident", fails(TypeError, pickle.dumps, value))


def identities(identity):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "me"
        identity.save(path, "password")
        read = dht.Identity.load(path, "password")
        check("an identity is saved and read", read.publickey == identity.publickey and read.certificate.getId() == identity.certificate.getId())
        check("its password is needed, and it is not overwritten", fails(dht.DhtError, dht.Identity.load, path, "other")
              and fails(dht.DhtError, identity.save, path, "other") and (Path(folder) / "me.pem").stat().st_mode & 0o077 == 0)
    check("a public key is read from its DER", dht.PublicKey(bytes(identity.publickey)) == identity.publickey)
    check("B-13: what 2.x gives as bytes can be decoded", identity.certificate.getName().decode() == "someone" == identity.certificate.getName()
          and dht.DhtRunner().getNodeId().decode() == "0" * 40)


def stopped():
    node = dht.DhtRunner()
    check("B-19: logs of a node that does not run are empty", [node.getStorageLog(), node.getRoutingTablesLog(socket.AF_INET),
                                                               node.getSearchesLog(0)] == ["", "", ""])
    check("a type is registered with a node that runs", fails(RuntimeError, node.registerType, dht.ValueType(9, "x", dht.timedelta(1))))
    check("numbers of a node that does not run", node.getNodeMessageStats() == [0] * 5 and node.statistics() == {}
          and node.status() == dht.Status.DISCONNECTED and not node.getPublicKey())


def runs(identity):
    a, b = dht.DhtRunner(), dht.DhtRunner()
    a.run(id=identity)
    b.run()
    check("B-18: the identity of one node is not that of the next", a.getId() == identity.publickey.getId() and not b.getId() and not b.getPublicKey())
    config = dht.DhtConfig()
    a.join()
    a.run(id=identity, config=config)
    b.join()
    b.run(config=config)
    check("B-18: nor by a configuration of both", a.getId() and not b.getId())
    busy = dht.DhtRunner()
    try:
        busy.run(port=a.getBound().getPort())
        code = None
    except RuntimeError as error:
        code = error.code
    check("B-19: a busy port raises an error that says so", code == dht.Code.PORT_IN_USE and not busy.isRunning())
    check("B-19: an address that is none raises an error", fails(RuntimeError, busy.run, ipv4="bogus"))
    busy.run()
    check("B-19: a node that could not run can run later", busy.isRunning())
    b.bootstrap("0.0.0.0", str(busy.getBound().getPort()))
    check("the unspecified address means this machine", b.waitConnected(10) and b.ping(busy.getBound()) and b.ping(busy.getBound(socket.AF_INET6)))
    for node in (a, b, busy):
        node.join()
    check("a node that has ended can run again", [a.run(), a.isRunning(), a.join(), a.isRunning()] == [None, True, None, False])


def listens(first, second):
    for number, answer in enumerate((None, False)):
        key, heard = dht.InfoHash.getRandom(), []
        second.listen(key, lambda value, expired: (heard.append(value.data), answer)[1])
        first.put(key, dht.Value(b"one"))
        wait(lambda: heard)
        check(f"the second value is heard by others ({answer})", put_and_heard(first, second, key, b"two"))
        check(f"B-16: a value_cb that returns {answer} ends its listen", heard == [b"one"])
    key, heard, printed = dht.InfoHash.getRandom(), [], io.StringIO()

    def fail(value, expired):
        heard.append(value.data)
        raise KeyError("on purpose")

    with contextlib.redirect_stderr(printed):
        second.listen(key, fail)
        first.put(key, dht.Value(b"one"))
        wait(lambda: heard)
        others = put_and_heard(first, second, key, b"two")
    check("B-16: one that fails prints a traceback, and ends it",
          others and heard == [b"one"] and "Exception ignored in" in printed.getvalue() and "KeyError: 'on purpose'" in printed.getvalue())
    hooked, before = [], sys.unraisablehook
    sys.unraisablehook = hooked.append
    first.get(key, lambda value: 1 / 0, lambda ok, nodes: heard.append(ok))
    wait(lambda: True in heard)
    sys.unraisablehook = before
    check("B-16: or tells sys.unraisablehook", [args.exc_type for args in hooked] == [ZeroDivisionError])
    key, heard, ended = dht.InfoHash.getRandom(), {}, []
    tokens = [second.listen(key, lambda value, expired, number=number: (heard.setdefault(number, []).append(value.data), True)[1],
                            done_cb=lambda ok, nodes, number=number: ended.append(number)) for number in range(3)]
    first.put(key, dht.Value(b"one"))
    wait(lambda: len(heard) == 3)
    second.cancelListen(tokens[1])
    wait(lambda: ended)
    first.put(key, dht.Value(b"two"))
    wait(lambda: len(heard[0]) == len(heard[2]) == 2)  # those before and behind it
    check("each listen has its own callback, and its own end", ended == [1] and heard == {0: [b"one", b"two"], 1: [b"one"], 2: [b"one", b"two"]})
    with second.listen(key, lambda value, expired: True, done_cb=lambda ok, nodes: ended.append("with")):
        pass
    check("a listen ends with its `with`", wait(lambda: "with" in ended))


def put_and_heard(first, second, key, data):
    """Whether a listen that began last heard of a value: those before it that go on have heard of it then."""
    heard = []
    token = second.listen(key, lambda value, expired: (heard.append(value.data), True)[1])
    first.put(key, dht.Value(data))
    held = wait(lambda: data in heard)
    second.cancelListen(token)
    return held


def permanents(first, second):
    """What a node keeps alive stands in the log of its searches; a put that is not permanent goes once it is over."""
    key, lasting, passing = dht.InfoHash.getRandom(), dht.Value(b"stays"), dht.Value(b"goes")

    def kept(value):
        return f"{value.id:x}" in first.getSearchesLog(socket.AF_INET)

    results = [first.put(key, passing), first.put(key, lasting, permanent=True)]
    check("B-21: put(…, permanent=True) that waits is permanent", results == [True, True]
          and wait(lambda: not kept(passing), 5) and kept(lasting))
    first.cancelPut(key, lasting)
    check("B-21: until it is cancelled", wait(lambda: not kept(lasting), 3) and len(second.get(key)) == 2)


def receipts(first, second, friend):
    key = dht.InfoHash.getRandom()
    receipt = first.store(key, dht.Value(b"kept"), verify=True)
    check("store: true, who has it, under which id", receipt and receipt.code == dht.Code.OK and receipt.verified and receipt.value_id
          and receipt.nodes and {node.state for node in receipt.nodes} <= set(dht.NodeState) and dht.NodeState.STORED in {node.state for node in receipt.nodes})
    nobody = dht.DhtRunner()
    nobody.run(ipv4="127.0.0.1")
    refused = nobody.store(key, dht.Value(b"x"), sign=True)
    nobody.join()
    check("store: false, and why not", not refused and refused.code == dht.Code.NO_IDENTITY and refused.message)
    check("store: signed", bool(first.store(key, dht.Value(b"mine"), sign=True))
          and [value.owner == first.getPublicKey() and value.owner == first.getId() and value.is_signed
               for value in second.get(key) if value.data == b"mine"] == [True])
    for name, to in (("key", friend.publickey), ("long id", friend.publickey.getLongId()), ("id", friend.publickey.getId())):
        key = dht.InfoHash.getRandom()
        check(f"store: encrypted, by the {name} of who may read it", bool(first.store(key, dht.Value(b"for you"), to=to))
              and [(value.data, value.was_encrypted) for value in second.get(key)] == [(b"for you", True)])
    key = dht.InfoHash.getRandom()
    for name, refused in (("id", lambda: first.store(key, dht.Value(b"secret"), to=dht.InfoHash())),
                          ("long id", lambda: first.putEncrypted(key, dht.Value(b"secret"), dht.PkId()))):
        key = dht.InfoHash.getRandom()
        check(f"encrypted to a zero {name}: nothing is stored", not refused() and second.get(key) == [])
    check("encrypted to an empty key raises ValueError", fails(ValueError, first.putEncrypted, key, dht.Value(b"x"), dht.PublicKey()))
    options = _library.PutOptions(is_signed=True, is_encrypted=True)
    check("encrypted to nobody is refused", not first._wait_for_put(key, dht.Value(b"secret"), dht.Receipt, options)
          and second.get(key) == [])
    check("putEncrypted to a long id", first.putEncrypted(key, dht.Value(b"x"), friend.publickey.getLongId()) is True
          and [value.data for value in second.get(key)] == [b"x"])


def waits(first, second):
    caught, over = [], threading.Event()

    def inside(ok, nodes):
        for call in (lambda: first.put(key, dht.Value(b"x")), lambda: first.get(key), first.join, first.waitConnected,
                     lambda: first.ping(second.getBound())):
            caught.append(fails(RuntimeError, call))
        caught.append(second.get(key) is not None)  # another node is no trouble
        over.set()

    key = dht.InfoHash.getRandom()
    first.put(key, dht.Value(b"x"), inside)
    check("a call that would wait for itself raises RuntimeError", over.wait(20) and caught == [True] * 6)
    check("and the node goes on", first.put(key, dht.Value(b"y")) is True)


def told(node):
    check("connected", node.waitConnected(10) and node.status() == dht.Status.CONNECTED)
    numbers = node.statistics()
    check("statistics", numbers["ipv4"]["good"] > 0 and numbers["datagrams_sent"] > 0)
    counts = node.getNodeMessageStats()
    check("message counts start anew when they are read", sum(counts) > 0 and sum(node.getNodeMessageStats()) < sum(counts))
    with tempfile.TemporaryDirectory() as folder:
        path, logged = Path(folder) / "log", started()
        logged.enableFileLogging(str(path))
        logged.join()
        check("a log in a file", path.exists() and path.stat().st_size > 0)
    check("a log that cannot be written raises an error", fails(RuntimeError, node.enableFileLogging, "/nowhere/log"))


def index(first, second):
    mine = dht.Pht(os.urandom(8), {"name": 4}, first)
    for key in ({}, {"name": b"too long"}, {"other": b"abcd"}, {"name": b"abcd", "other": b"x"}):
        check(f"B-19: the key {key} of an index raises ValueError", fails(ValueError, mine.lookup, key)
              and fails(ValueError, mine.insert, key, dht.IndexValue()))
    check("an index needs fields", fails(ValueError, dht.Pht, b"x", {}, first))
    told = []
    for number in range(20):  # more than a node of the index holds
        mine.insert({"name": b"ab%02d" % number}, dht.IndexValue(dht.InfoHash.get("x"), number + 1), told.append)
    check("20 entries are inserted at once", wait(lambda: len(told) == 20) and all(told))
    found, over = [], []
    mine.lookup({"name": b"ab07"}, lambda entries, prefix: found.extend(entries), over.append)
    check("one is found", wait(lambda: over) and over == [True] and found == [dht.IndexValue(dht.InfoHash.get("x"), 8)])
    found, over = [], []
    mine.lookup({"name": b"ab0x"}, lambda entries, prefix: found.extend(entries), over.append, nearest=True)
    check("the nearest are found", wait(lambda: over) and over == [True] and len(found) > 0)
    del mine
    over = []
    dht.Pht(b"for a moment", {"name": 4}, second).insert({"name": b"abcd"}, dht.IndexValue(), over.append)
    check("an index lives while an operation of it runs", wait(lambda: over) and over == [True])


async def asynchronous(first, second):
    one, other = aio.DhtRunner(core=first), aio.DhtRunner(core=second)
    key = dht.InfoHash.getRandom()
    listener = other.listen(key)
    await one.put(key, dht.Value(b"a"))
    value, expired = await asyncio.wait_for(listener.__anext__(), 15)
    await other.cancelListen(listener)
    check("B-22: cancelListen ends the iteration", (value.data, expired) == (b"a", False)
          and [item async for item in listener] == [])
    stream = other.get(key)
    stream.cancel()
    check("B-22: a get that is cancelled ends", [item async for item in stream] == [])
    receipt = await one.store(key, dht.Value(b"b"))
    check("store for asyncio", receipt and receipt.nodes)

    async def likes(value):
        return value.data == b"b"

    check("B-22: getAll, getFirst with a function, with a coroutine, with neither",
          {value.data for value in await other.getAll(key)} == {b"a", b"b"}
          and (await other.getFirst(key, predicate=lambda value: value.data == b"a")).data == b"a"
          and (await other.getFirst(key, predicate=likes)).data == b"b" and await other.getFirst(key)
          and await other.getFirst(dht.InfoHash.getRandom()) is None)
    async with aio.DhtRunner(config=CONFIG, bootstrap=[("127.0.0.1", PORT)]) as third:
        entered = third.isRunning() and {value.data for value in await third.getAll(key)} == {b"a", b"b"}
    check("B-22: `async with` runs and ends a node", entered and not third.isRunning())
    try:
        await third.getAll(key)
        message = ""
    except RuntimeError as error:
        message = str(error)
    check("B-22: a get that fails raises RuntimeError", message == "DHT get failed")
    await bounded(one, other)
    await cancelled()


async def bounded(one, other):
    """Streams that nobody reads."""
    room, aio._ROOM = aio._ROOM, 8
    key, told = dht.InfoHash.getRandom(), []
    with other.listen(key) as listener:
        token = other._dht.listen(key, lambda value, expired: (told.append(value.data), True)[1])
        for number in range(20):
            await one.put(key, dht.Value(b"%d" % number))
        heard = await asyncio.to_thread(wait, lambda: len(told) == 20)
        token.cancel()
        kept = [(await asyncio.wait_for(listener.__anext__(), 5))[0].data for _ in range(8)]
        check("a listener that nobody reads keeps the newest, and counts the others", heard and kept == told[12:]
              and listener.dropped == 12)
    stream = other.get(key)
    await asyncio.to_thread(wait, lambda: stream._buffer.end is not None)
    read, failed = 0, False
    try:
        async for value in stream:
            read += 1
    except RuntimeError as error:
        failed = "8 values wait" in str(error)
    check("a get that nobody reads fails, and loses nothing in silence", (read, failed) == (8, True))
    aio._ROOM = room
    woken = []

    class Watched(aio._Buffer):
        def _look(self, _):
            woken.append(len(self.items))

    buffer = Watched(asyncio.get_running_loop())
    for number in range(5000):  # while the loop is busy with this
        buffer.add(number)
    await asyncio.sleep(0)
    check("4096 are kept, for one wake-up of the loop", len(buffer.items) == 4096 and buffer.items[0] == 904
          and buffer.dropped == 904 and woken == [4096])


async def cancelled():
    """A task that is cancelled at the end of `async with`."""
    node = aio.DhtRunner()

    async def body():
        async with node:
            node._dht.ping(dht.SockAddr.resolve("127.0.0.1", "9")[0], lambda ok: None)

    task = asyncio.create_task(body())
    await asyncio.sleep(0.2)
    ran = node.isRunning() and not task.done()
    task.cancel()
    try:
        await asyncio.wait_for(task, 20)
        ended = False
    except asyncio.CancelledError:
        ended = True
    check("a task that is cancelled at the end of `async with` leaves no node", ran and ended and not node.isRunning())


main()
