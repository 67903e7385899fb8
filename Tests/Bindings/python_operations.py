"""Operations on a module `opendht`, whichever it is: the same lines are printed by 2.4.12, by 4.4.2 and by ours.

Arguments: a port of the network to join, and a word that keeps this run's keys apart.
"""

import os
import sys
import threading
import time

import opendht as dht

PORT, WORD = sys.argv[1:3]


def main():
    hashes()
    addresses()
    values()
    queries()
    keys()
    keywords()
    not_running()
    config = dht.DhtConfig()
    config.setRateLimit(-1, -1)
    first, second, third = dht.DhtRunner(), dht.DhtRunner(), dht.DhtRunner()
    for node in (first, second, third):
        node.run(port=0, ipv4="127.0.0.1", config=config)
        node.bootstrap("127.0.0.1", PORT)
    running(first)
    wait(lambda: all(map(connected, (first, second, third))))
    puts_and_gets(first, second)
    callbacks(first, second)
    listens(first, second, third)
    index(first, second)
    ends(first)
    sys.stdout.flush()
    os._exit(0)  # join() of the reference can wait for its own callback


def show(what, *results):
    print(what, "|", *results, flush=True)


def key(name):
    return dht.InfoHash.get(WORD + name)


def wait(condition, seconds=15):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(condition())


def text(identifier):
    """2.4.12 gives the id of a node as bytes."""
    return identifier.decode() if isinstance(identifier, bytes) else str(identifier)


def connected(node):
    return node.getRoutingTablesLog(2).count("Node ") > 0


def failure(function, *arguments):
    """The class of what goes wrong, as a program that catches it sees it."""
    try:
        function(*arguments)
        return "nothing"
    except (TypeError, ValueError, OverflowError, IndexError, RuntimeError) as error:
        return next(kind.__name__ for kind in (TypeError, ValueError, OverflowError, IndexError, RuntimeError)
                    if isinstance(error, kind))


def hashes():
    a, b = dht.InfoHash.get("a"), dht.InfoHash.get("b")
    show("hash", a, repr(a), a.toString(), a.getId(), "%.6f" % a.toFloat())
    show("compare", a < b, a <= b, a > b, a >= b, a == dht.InfoHash.get("a"), a == b, bool(a), bool(dht.InfoHash()))
    show("digits", dht.InfoHash(b"A" * 40), dht.InfoHash(b"a" * 50), dht.InfoHash(b"a" * 39), dht.InfoHash(b"z" * 40),
         dht.InfoHash(str=b"12" * 20))
    show("no digits", failure(dht.InfoHash, "a" * 40), failure(dht.InfoHash.get, b"a"))
    show("bits", dht.InfoHash.commonBits(a, b), dht.InfoHash.commonBits(a, a), [a.getBit(i) for i in range(8)])
    changed = dht.InfoHash()
    for bit in (0, 7, 159):
        changed.setBit(bit, True)
    changed.setBit(7, False)
    show("set", changed, dht.InfoHash.getRandom() == dht.InfoHash.getRandom())


def addresses():
    address = dht.SockAddr()
    show("no address", address, address.toString(), address.getPort(), address.getFamily(), address.isUnspecified(),
         address.isLoopback(), address.isPrivate())
    address.setPort(5)
    show("no port", address.getPort())
    for family in (2, 10):
        address.setFamily(family)
        address.setPort(80)
        show("family", address, address.getFamily(), address.getPort(), address.isUnspecified(), address.isLoopback())


def values():
    value = dht.Value(b"\x01\x00\xff", 3)
    show("value", value, value.data, repr(value.user_type), value.id, value.recipient, value.size)
    value.data, value.user_type, value.id, value.recipient = b"hi there", "text/plain", 0xABC, dht.InfoHash.get("a")
    show("changed", value, value.data, value.user_type, value.id, value.recipient, value.size)
    show("wrong", failure(dht.Value, "text"), failure(dht.Value, b"", 70000), failure(dht.Value, b"", -1),
         failure(setattr, value, "id", -1), failure(setattr, value, "data", "x"), failure(setattr, value, "user_type", b"x"),
         failure(setattr, value, "recipient", 3))
    dht.ValueType(100, "note", dht.timedelta(minutes=3))
    show("type", failure(dht.ValueType, 1, "a", 3), failure(dht.ValueType, 70000, "a", dht.timedelta(1)))


def queries():
    for text in ("", "SELECT id", "SELECT id,seq WHERE seq=1", "WHERE id=5", 'WHERE user_type="x y"', "SELECT value_type"):
        show("query", dht.Query(text))
    show("wrong query", failure(dht.Query, "WHERE nothing=1"))
    where = dht.Where().id(5).valueType(3).owner(dht.InfoHash.get("a")).seq(2).userType("foo")
    select = dht.Select().field(1).field(5)
    query = dht.Query()
    query.buildFrom(select, where)
    show("built", select, where, query, repr(str(dht.Where())), dht.Select())
    show("parsed", dht.Select("SELECT id,user_type"), dht.Where("WHERE id=5"), dht.Where("WHERE id=7,value_type=2"))
    show("satisfied", dht.Query("SELECT id").isSatisfiedBy(dht.Query("SELECT id,seq")),
         dht.Query("SELECT id").isSatisfiedBy(dht.Query()), dht.Query().isSatisfiedBy(dht.Query()),
         dht.Query("WHERE id=5").isSatisfiedBy(dht.Query()), dht.Query().isSatisfiedBy(dht.Query("WHERE id=5")),
         dht.Select("SELECT id").isSatisfiedBy(dht.Select("SELECT seq")), dht.Where("WHERE id=5").isSatisfiedBy(dht.Where()),
         dht.Where("WHERE id=5").isSatisfiedBy(dht.Where("WHERE id=6")))
    show("wrong where", failure(dht.Where().id, -1), failure(dht.Where().valueType, 70000), failure(dht.Where().owner, 3))


def keys():
    identity = dht.Identity.generate("someone", bits=2048)
    public, certificate = identity.publickey, identity.certificate
    show("identity", public.getId() == identity.key.getId() == certificate.getId(), type(certificate.toString()).__name__,
         certificate.toString().count("BEGIN CERTIFICATE"))
    sealed = public.encrypt(b"x" * 1000)
    show("sealed", len(sealed), identity.key.decrypt(sealed) == b"x" * 1000, len(public.encrypt(b"x")))
    other = dht.PrivateKey.generateEC()
    issued = dht.Certificate.generate(other, "issued", identity)
    show("issued", issued.issuer.getId() == certificate.getId(), issued.toString().count("BEGIN CERTIFICATE"),
         issued.getId() == other.getPublicKey().getId())
    trust = dht.TrustList()
    verdicts = [bool(trust.verify(issued))]
    trust.add(certificate)
    verdicts += [bool(trust.verify(issued)), bool(trust.verify(certificate))]
    certificate.revoke(identity.key, issued)
    trust.add(certificate)
    verdicts.append(bool(trust.verify(issued)))
    trust.remove(certificate)
    verdicts.append(bool(trust.verify(issued)))
    show("trust", verdicts)
    read = dht.Certificate(issued.toString().encode())
    show("read", read.getId() == issued.getId(), read.issuer.getId() == certificate.getId(), failure(dht.Certificate, b"bad"))


def keywords():
    """Names of arguments that 2.4.12 takes too."""
    value = dht.Value(val=b"x", id=3)
    dht.ValueType(id=1, name="a", expiration=dht.timedelta(1))
    key = dht.PrivateKey.generateEC()
    identity = dht.Identity(k=key, c=dht.Certificate.generate(k=key, name="x", i=dht.Identity(), is_ca=True))
    show("keywords", value.data, dht.Query(q_str="SELECT id"), dht.Select(q_str="SELECT id"), dht.Where(q_str="WHERE id=1"),
         dht.Certificate(dat=identity.certificate.toString().encode()).getId() == identity.key.getId(),
         dht.IndexValue(h=dht.InfoHash(str=b"1" * 40), vid=2), dht.InfoHash.commonBits(a=dht.InfoHash(), b=dht.InfoHash()))
    node, told = dht.DhtRunner(), []
    dht.Pht(name=b"x", key_spec={"a": 1}, dht=node)
    node.bootstrap(host="127.0.0.1", port=PORT)
    show("keywords", node.put(key=dht.InfoHash(), val=value), node.ping(addr=dht.SockAddr(), done_cb=told.append),
         node.get(key=dht.InfoHash(), get_cb=None, done_cb=None, filter=None, where=dht.Where()),
         node.put(key=dht.InfoHash(), val=value, done_cb=lambda ok, nodes: told.append(ok)),
         str(node.getBound(af=10)), node.shutdown(shutdown_cb=lambda: None), told)
    node.run(id=None, is_bootstrap=False, port=0, ipv4="127.0.0.1", ipv6="", config=dht.DhtConfig())
    show("keywords", node.isRunning())
    node.listen(key=dht.InfoHash.get(key="x"), value_cb=lambda value, expired: False)
    dht.Identity.generate(name="x", ca=dht.Identity(), bits=2048)


def not_running():
    node, told = dht.DhtRunner(), []
    where, value = key("nowhere"), dht.Value(b"x")
    show("not running", node.isRunning(), str(node), node.getId(), text(node.getNodeId()), node.getBound(),
         node.put(where, value), node.get(where), node.ping(dht.SockAddr()))
    node.put(where, value, lambda ok, nodes: told.append((ok, nodes)))
    node.get(where, lambda value: True, lambda ok, nodes: told.append((ok, nodes)))
    node.shutdown(lambda: told.append("shut down"))
    node.join()
    show("at once", told)


def running(node):
    bound = node.getBound()
    show("running", node.isRunning(), bound.getPort() > 0, str(bound).startswith("127.0.0.1:"), bound.isLoopback(),
         node.getBound(10), len(text(node.getNodeId())), node.getId(), str(node) == str(node.getId()))
    node.run(port=1)
    show("still", node.getBound().getPort() == bound.getPort())
    node.registerType(dht.ValueType(100, "note", dht.timedelta(minutes=3)))
    counts = node.getNodeMessageStats()
    show("counts", len(counts), {type(count).__name__ for count in counts})
    show("logs", "storages" in node.getStorageLog(), "searches" in node.getSearchesLog(2), type(node.getRoutingTablesLog(2)).__name__)


def puts_and_gets(first, second):
    where, small = key("room"), dht.Value(b"hello")
    show("put", first.put(where, small), small.id != 0)
    typed = dht.Value(b"typed", 0)
    typed.user_type = "text/plain"
    show("put again", second.put(where, typed), second.put(where, dht.Value(b"x" * 20000)))
    for node in (first, second):
        found = node.get(where)
        show("get", sorted((len(value.data), value.user_type) for value in found), small.id in [value.id for value in found])
    show("filter", [value.data for value in second.get(where, filter=lambda value: value.data == b"hello")])
    show("where", [value.data for value in second.get(where, where=dht.Where().userType("text/plain"))],
         [value.data for value in first.get(where, where=dht.Where("WHERE id=%d" % small.id))])
    show("nothing", second.get(key("empty")))
    small.data = b"changed"
    second_value = dht.Value(b"same id")
    second_value.id = 77
    show("same id", first.put(where, second_value), [value.data for value in second.get(where, where=dht.Where().id(77))])
    show("ping", first.ping(second.getBound()), [count >= 0 for count in first.getNodeMessageStats()])
    show("wrong", failure(first.put, "key", small), failure(first.put, where, b"x"), failure(first.get, b"key"))


def callbacks(first, second):
    where, told, threads, over = key("callbacks"), [], set(), threading.Event()
    value = dht.Value(b"one")

    def stored(ok, nodes):
        threads.add(threading.get_ident())
        told.append((ok, len(nodes) > 0, all(isinstance(node, dht.NodeEntry) for node in nodes)))
        entry = nodes[0]
        address = entry.getNode().getAddr()
        told.append((type(address).__name__, address.startswith(b"127.0.0.1:"), entry.getId() == entry.getNode().getId(),
                     type(entry.getNode().isExpired()).__name__, len(str(entry))))
        chosen = dht.NodeSet()
        new = [chosen.insert(entry), chosen.insert(entry)]
        chosen.extend(nodes)
        told.append((new, chosen.size() == len(nodes), bool(chosen.first()), len(list(chosen)) == len(nodes),
                     str(chosen).count("\n") == len(nodes)))
        over.set()

    result = first.put(where, value, stored)
    show("put with callback", result, over.wait(15), told)
    first.put(where, dht.Value(b"two"))
    for answer in (True, False, None):
        told, over = [], threading.Event()

        def each(value):
            threads.add(threading.get_ident())
            told.append(value.data)
            return answer

        ends = []
        second.get(where, each, lambda ok, nodes: (ends.append(ok), over.set()))
        show("get with callback", over.wait(15), len(told) if answer else min(1, len(told)), ends)
    show("other thread", threading.get_ident() in threads)
    over, ends = threading.Event(), []

    def fail(value):
        ends.append("called")
        raise KeyError("this is printed, and ends the get")

    second.get(where, fail, lambda ok, nodes: (ends.append(ok), over.set()))
    show("failing callback", over.wait(15), ends)
    over = threading.Event()
    second.ping(first.getBound(), lambda ok: over.set())
    show("ping with callback", over.wait(15))


def listens(first, second, third):
    where, news = key("listen"), []
    first.put(where, dht.Value(b"before"))

    def change(value, expired):
        news.append((value.data, expired))
        return True

    token = second.listen(where, change)
    show("listen", wait(lambda: (b"before", False) in news))
    first.put(where, dht.Value(b"after"))
    show("listen", wait(lambda: (b"after", False) in news), type(token).__name__)
    second.cancelListen(token)  # what the reference goes on telling is its own affair
    where, heard = key("listen once"), []
    third.listen(where, lambda value, expired: heard.append(value.data))
    first.put(where, dht.Value(b"one"))
    show("one", wait(lambda: heard), heard[:1])


def index(first, second):
    fields, key = {"name": 6, "year": 2}, {"name": b"hello", "year": b"24"}
    mine, theirs = dht.Pht(WORD.encode(), fields, first), dht.Pht(WORD.encode(), dict(reversed(fields.items())), second)
    show("index", mine.MAX_NODE_ENTRY_COUNT, failure(dht.Pht, WORD, fields, first))
    told, value = [], dht.IndexValue(dht.InfoHash.get("a"), 5)
    show("entry", value, value.getKey(), value.getValueId(), dht.IndexValue(h=dht.InfoHash.get("a")))
    show("insert", mine.insert(key, value, told.append), wait(lambda: told), told)
    for asked in (key, {"name": b"hello", "year": b"25"}):
        found, over = [], []
        theirs.lookup(asked, lambda entries, prefix: found.append(([str(entry) for entry in entries], prefix)), over.append)
        show("lookup", wait(lambda: over), found, over)


def ends(node):
    over = threading.Event()
    node.shutdown(lambda: over.set())
    show("shutdown", over.wait(15), node.isRunning())


main()
