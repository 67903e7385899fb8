"""The prefix index, written by each kind and read by each kind."""

import asyncio
import base64
import itertools

from network import in_parallel
from values import key_of

numbers = itertools.count(1)


class Index:
    """An index of one node: with a cache of its own, as a process has it."""

    def __init__(self, node, name, lengths):
        self.node, self.name, self.lengths = node, name, lengths
        self.number = next(numbers)

    async def open(self):
        reply = await self.call("openIndex", name=self.name, lengths=self.lengths)
        if not reply["ok"]:
            raise RuntimeError(f"{self.node} opens no index: {reply.get('error')}")
        return self

    async def call(self, op, timeout=40, **fields):
        return await self.node.driver.call(op, timeout, node=self.node.number, index=self.number, **fields)

    async def insert(self, key, identifier):
        return await self.call("indexInsert", fields=packed(key), key=key_of(f"entry {identifier}"), id=f"{identifier:016x}")

    async def lookup(self, key, **options):
        reply = await self.call("indexLookup", fields=packed(key), **options)
        entries = {int(entry["id"], 16) for entry in reply.get("entries", [])
                   if entry["key"] == key_of(f"entry {int(entry['id'], 16)}")}
        return entries, reply


def packed(key):
    return {name: base64.b64encode(value).decode() for name, value in key.items()}


class Shape:
    """Keys to write: alike, so that the tree grows deep, or anyhow."""

    def __init__(self, name, lengths, keys):
        self.name, self.lengths, self.keys = name, lengths, keys
        self.wanted = {}
        for identifier, key in enumerate(keys):
            self.wanted.setdefault(tuple(sorted(key.items())), set()).add(identifier)

    async def write(self, node, name):
        index = await Index(node, name, self.lengths).open()
        failed = 0
        for identifier, key in enumerate(self.keys):
            failed += not (await index.insert(key, identifier))["ok"]
        return failed

    async def read(self, node, name, seconds=30):
        """What a fresh index does not find within the time, and what it finds beyond it. Entries move down behind the scenes."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            index = await Index(node, name, self.lengths).open()
            found = await in_parallel([index.lookup(dict(key)) for key in self.wanted], 6)
            missing = {key: wanted - entries for (key, wanted), (entries, _) in zip(self.wanted.items(), found) if entries != wanted}
            if not missing or asyncio.get_running_loop().time() > end:
                return missing
            await asyncio.sleep(2)


def shapes(random):
    alike = [{"foo": b"aa" + bytes([last])} for last in range(18)]
    anyhow = [{"foo": random.randbytes(5)} for _ in range(18)]
    places = [{"lat": random.randbytes(2), "lon": random.randbytes(2)} for _ in range(18)]
    return [Shape("18 keys with 2 equal bytes", {"foo": 3}, alike), Shape("18 random keys", {"foo": 5}, anyhow),
            Shape("18 keys of two fields", {"lat": 3, "lon": 2}, places)]


async def everything(network, report):
    # At once: the reference takes a second and more for an insert, most of which it waits.
    await asyncio.gather(both_ways(network, report), together(network, report), equal_keys(network, report))
    await same_walk(network, report)


async def both_ways(network, report):
    """Each kind writes an index alone, each kind reads it.

    proves: P-9
    """
    async def one(shape, kind):
        name = f"{shape.name} of {kind} {network.random.getrandbits(32):08x}"
        failed = await shape.write(network.any_of(kind), name)
        report.check(f"{kind} inserts {shape.name}", failed == 0, f"{failed} failed")
        for reader in network.kinds:
            missing = await shape.read(network.any_of(reader), name)
            report.check(f"{reader} finds {shape.name} of {kind}", not missing, f"{len(missing)} keys: {str(missing)[:300]}")

    await asyncio.gather(*(one(shape, kind) for shape in shapes(network.random) for kind in network.kinds))


async def together(network, report):
    """All kinds write one index, in turn; each finds everything.

    proves: P-9 P-11
    """
    name = f"together {network.random.getrandbits(32):08x}"
    shape = Shape("18 keys of all kinds", {"foo": 3}, [{"foo": b"bb" + bytes([last])} for last in range(18)])
    writers = [await Index(network.any_of(kind), name, shape.lengths).open() for kind in network.kinds]
    failed = 0
    for identifier, key in enumerate(shape.keys):
        failed += not (await writers[identifier % len(writers)].insert(key, identifier))["ok"]
    report.check("all kinds insert in one index", failed == 0, f"{failed} failed")
    for reader in network.kinds:
        missing = await shape.read(network.any_of(reader), name)
        report.check(f"{reader} finds {shape.name}", not missing, f"{len(missing)} keys: {str(missing)[:300]}")


async def equal_keys(network, report):
    """Twenty entries under one key. Those of older peers go where their own fresh readers never look; ours find them.

    proves: P-22
    """
    async def one(kind):
        name = f"equal of {kind} {network.random.getrandbits(32):08x}"
        shape = Shape("20 entries under one key", {"foo": 2}, [{"foo": b"eq"}] * 20)
        failed = await shape.write(network.any_of(kind), name)
        report.check(f"{kind} inserts {shape.name}", failed == 0, f"{failed} failed")
        for reader in network.kinds if kind == "ours" else ["ours"]:
            if reader in network.kinds:
                missing = await shape.read(network.any_of(reader), name)
                report.check(f"{reader} finds {shape.name} of {kind}", not missing, str(missing)[:300])

    await asyncio.gather(*(one(kind) for kind in network.kinds))


async def same_walk(network, report):
    """A lookup of what is not there ends once, at the same node of the tree, shown by the same text; near entries are found.

    proves: P-13 P-14
    """
    name = f"walk {network.random.getrandbits(32):08x}"
    shape = Shape("18 keys", {"foo": 3}, [{"foo": b"aa" + bytes([last])} for last in range(18)])
    await shape.write(network.any_of(network.kinds[-1]), name)
    for reader in network.kinds:
        await shape.read(network.any_of(reader), name)
    for label, key in (("a key beside all others", b"zzz"), ("a key among the others", b"aa\x12"), ("an empty key", b"")):
        told = {}
        for kind in network.kinds:
            index = await Index(network.any_of(kind), name, shape.lengths).open()
            entries, reply = await index.lookup({"foo": key})
            told[kind] = (entries, reply["ok"], reply.get("calls", 1), reply.get("prefix"))
        report.check(f"all kinds end a lookup of {label} alike", len({str(t) for t in told.values()}) == 1 and told[kind][1], str(told))
    if "ours" in network.kinds:
        index = await Index(network.any_of("ours"), name, shape.lengths).open()
        entries, reply = await index.lookup({"foo": b"aa\x13"}, nearest=True)
        report.check("ours finds the nearest of what others wrote", entries == {16, 17}, f"{entries} {reply}")
        entries, reply = await index.lookup({"foo": b"zz"}, nearest=True)
        report.check("ours finds the nearest where the leaf is empty", entries and reply["ok"], f"{entries} {reply}")
