"""Bad packets to our node: every row of wire.md §13, random bytes, floods. Never sent to peers of others."""

import asyncio
import os
import random
import select
import socket
import time

import messagepack
from messagepack import Raw, pack
from peers import Driver, Node
from wire import HandmadePeer, plain_value

ANSWERED, DROPPED = "answered", "dropped"
# Growth of resident memory, in kB, that a flood may leave behind: buffers of the sockets and of the allocator.
ALLOWED_GROWTH = 16 << 10


class Probe(HandmadePeer):
    """A hand-made peer with the packets of wire.md §13, each valid but for one thing."""

    def __init__(self, port):
        super().__init__(port)
        self.key = os.urandom(20)
        self.good_token = self.token()
        self.ask("put", {"h": self.key, "values": [plain_value(7, b"seven", 0, "t")], "token": self.good_token})

    def verdict(self, data: bytes, transaction, seconds=0.25):
        """What comes back for a datagram: the answer with that transaction id, or None."""
        self.raw(data)
        return self.await_answer(transaction, seconds)

    def rows(self):
        """(name of the row, datagram, transaction, what must happen)."""
        yield from self.envelope_rows()
        yield from self.transaction_rows()
        yield from self.argument_rows()
        yield from self.value_rows()
        yield from self.reply_rows()
        yield from self.part_rows()

    def fresh(self):
        return next(self.transactions)

    def ping(self, number, **changes):
        message = {"a": {"id": self.id}, "q": "ping", "t": number, "y": "q", "v": "test", **changes}
        return {key: value for key, value in message.items() if value is not LEFT_OUT}

    def row(self, name, message, expected, t):
        return name, message if isinstance(message, bytes) else pack(message), t, expected

    def envelope_rows(self):
        t = self.fresh
        n = t(); good = pack(self.ping(n))
        yield self.row("truncated", good[:-3], DROPPED, n)
        yield self.row("not msgpack", b"\xc1" * 40, DROPPED, 0)
        yield self.row("not a map", pack([1, 2, 3]), DROPPED, 0)
        yield self.row("empty map", pack({}), DROPPED, 0)
        yield self.row("empty datagram", b"", DROPPED, 0)
        n = t(); yield self.row("bytes after the map", pack(self.ping(n)) + b"\x00junk", ANSWERED, n)
        n = t(); yield self.row("q missing", self.ping(n, q=LEFT_OUT), DROPPED, n)
        n = t(); yield self.row("q unknown", self.ping(n, q="steal"), DROPPED, n)
        n = t(); yield self.row("q int", self.ping(n, q=1), DROPPED, n)
        n = t(); yield self.row("q bin", self.ping(n, q=b"ping"), ANSWERED, n)
        n = t(); yield self.row("y missing", self.ping(n, y=LEFT_OUT), ANSWERED, n)
        n = t(); yield self.row("y not q", self.ping(n, y="x"), DROPPED, n)
        n = t(); yield self.row("y int", self.ping(n, y=1), DROPPED, n)
        n = t(); yield self.row("y bin", self.ping(n, y=b"q"), ANSWERED, n)
        n = t(); yield self.row("v bin", self.ping(n, v=b"x"), ANSWERED, n)
        n = t(); yield self.row("v int", self.ping(n, v=1), DROPPED, n)
        n = t(); yield self.row("v missing", self.ping(n, v=LEFT_OUT), ANSWERED, n)
        n = t(); yield self.row("keys as bin", {k.encode(): v for k, v in self.ping(n).items()}, DROPPED, n)
        n = t(); yield self.row("n of another network", self.ping(n, n=5), DROPPED, n)
        n = t(); yield self.row("n zero", self.ping(n, n=0), ANSWERED, n)
        n = t(); yield self.row("n text", self.ping(n, n="x"), DROPPED, n)
        n = t(); yield self.row("s not bool", self.ping(n, s=1), DROPPED, n)
        n = t(); yield self.row("unknown keys", self.ping(n, zz=[1, {"x": None}]), ANSWERED, n)
        n = t(); yield self.row("duplicate keys, last wins", self.duplicated(n), ANSWERED, n)
        n = t(); yield self.row("a missing", self.ping(n, a=LEFT_OUT), DROPPED, n)
        n = t(); yield self.row("a not a map", self.ping(n, a=[self.id]), DROPPED, n)
        n = t(); yield self.row("id missing", self.ping(n, a={}), DROPPED, n)
        n = t(); yield self.row("id zero", self.ping(n, a={"id": bytes(20)}), DROPPED, n)
        n = t(); yield self.row("id of the receiver", self.ping(n, a={"id": self.receiver}), DROPPED, n)
        n = t(); yield self.row("id short", self.ping(n, a={"id": self.id[:19]}), DROPPED, n)
        n = t(); yield self.row("id text", self.ping(n, a={"id": "x" * 20}), DROPPED, n)
        n = t(); yield self.row("an unknown key nested 30000 deep", self.ping(n, zz=Raw(b"\x91" * 30000 + b"\xc0")), DROPPED, n)
        n = t(); yield self.row("an unknown key nested 8 deep", self.ping(n, zz=Raw(b"\x91" * 8 + b"\xc0")), ANSWERED, n)
        for name, header in (("array", b"\xdd"), ("map", b"\xdf"), ("str", b"\xdb"), ("bin", b"\xc6")):
            n = t(); yield self.row(f"{name} that promises 4 G", self.ping(n, zz=Raw(header + b"\xff\xff\xff\xff\x01")), DROPPED, n)
        n = t(); yield self.row("ext in an unknown key", self.ping(n, zz=Raw(b"\xd6\xff\x00\x00\x00\x01")), ANSWERED, n)

    def duplicated(self, n):
        body = pack(self.ping(n))
        return bytes([body[0] + 1]) + pack("t") + pack(12345) + body[1:]

    def transaction_rows(self):
        yield self.row("t missing", self.ping(0, t=LEFT_OUT), ANSWERED, 0)
        n = self.fresh(); yield self.row("t of 4 bytes", self.ping(n, t=n.to_bytes(4, "big")), ANSWERED, n)
        n = self.fresh(); yield self.row("t text of 4 bytes", self.ping(n, t=Raw(b"\xa4" + n.to_bytes(4, "big"))), ANSWERED, n)
        for size in (0, 1, 3, 5):
            yield self.row(f"t of {size} bytes", self.ping(0, t=b"\x01" * size), DROPPED, None)
        for name, bad in (("array", [1]), ("negative", -1), ("over 32 bits", 1 << 32), ("float", 1.0), ("nil", None), ("bool", True)):
            yield self.row(f"t {name}", self.ping(0, t=bad), DROPPED, None)

    def ask_row(self, name, request, arguments, expected):
        n = self.fresh()
        return self.row(f"{request}: {name}", {"a": {"id": self.id, **arguments}, "q": request, "t": n, "y": "q", "v": "x"}, expected, n)

    def argument_rows(self):
        row, token, key = self.ask_row, self.good_token, self.key
        yield row("target short", "find", {"target": b"x" * 19}, DROPPED)
        yield row("target missing", "find", {}, ANSWERED)
        yield row("h short", "get", {"h": b"x" * 19}, DROPPED)
        yield row("h text", "get", {"h": "x" * 20}, DROPPED)
        yield row("h missing", "get", {}, 203)
        yield row("h zero", "get", {"h": bytes(20)}, 203)
        yield row("h missing", "put", {"values": [plain_value(1, b"x")], "token": token}, 203)
        yield row("h missing", "listen", {"token": token, "sid": 1, "ve": 1}, 203)
        yield row("w not an array", "get", {"h": key, "w": 2}, DROPPED)
        yield row("w with odd elements", "get", {"h": key, "w": ["x", 2, None]}, ANSWERED)
        yield row("q not a map", "get", {"h": key, "q": [1]}, DROPPED)
        yield row("q without w", "get", {"h": key, "q": {"s": []}}, DROPPED)
        yield row("q without s", "get", {"h": key, "q": {"w": []}}, DROPPED)
        yield row("filter on seq", "get", {"h": key, "q": {"s": [], "w": [{"f": 4, "v": 1}]}}, DROPPED)
        yield row("filter without value", "get", {"h": key, "q": {"s": [], "w": [{"f": 1}]}}, DROPPED)
        yield row("unknown number in s", "get", {"h": key, "q": {"s": [1, 9], "w": []}}, ANSWERED)
        yield row("empty selection list in fileds", "get", {"h": key, "fileds": {"f": [], "v": []}}, None)
        yield row("token int", "put", {"h": key, "values": [plain_value(2, b"x")], "token": 7}, DROPPED)
        yield row("token text", "put", {"h": key, "values": [plain_value(2, b"x")], "token": Raw(b"\xd9\x20" + token)}, ANSWERED)
        yield row("token as array", "put", {"h": key, "values": [plain_value(2, b"x")], "token": list(token)}, ANSWERED)
        yield row("token wrong", "put", {"h": key, "values": [plain_value(2, b"x")], "token": b"w" * 32}, 401)
        yield row("token missing", "put", {"h": key, "values": [plain_value(2, b"x")]}, 401)
        yield row("token wrong", "listen", {"h": key, "token": b"w" * 32, "sid": 1, "ve": 1}, 401)
        yield row("token wrong", "refresh", {"h": key, "token": b"w" * 32, "vid": 7}, 401)
        yield row("unknown key", "refresh", {"h": os.urandom(20), "token": token, "vid": 7}, 404)
        yield row("c not int", "put", {"h": key, "values": [plain_value(3, b"x")], "token": token, "c": "x"}, DROPPED)
        yield row("c negative", "put", {"h": key, "values": [plain_value(3, b"x")], "token": token, "c": -5}, ANSWERED)
        yield row("n4 of a wrong type", "find", {"target": key, "n4": 5}, DROPPED)
        yield row("n4 cut", "find", {"target": key, "n4": b"x" * 25}, ANSWERED)
        yield row("sa not bin", "ping", {"sa": 5}, DROPPED)
        yield row("sa of another size", "ping", {"sa": b"abc"}, ANSWERED)
        yield row("re of a wrong type", "update", {"sid": 1, "re": 5}, DROPPED)
        yield row("exp of a wrong type", "update", {"sid": 1, "exp": "x"}, DROPPED)
        yield row("unknown socket", "update", {"sid": 99, "exp": [1]}, ANSWERED)

    def put_row(self, name, values, expected):
        return self.ask_row(name, "put", {"h": self.key, "values": values, "token": self.good_token}, expected)

    def value_rows(self):
        row, good = self.put_row, plain_value(20, b"good")
        yield row("values not an array", 5, DROPPED)
        yield row("no values", [], DROPPED)
        yield row("one bad value among good ones", [{"id": 1}, good], ANSWERED)
        yield row("only bad values", [{"id": 1}, "x", None], DROPPED)
        yield row("value id 0", [plain_value(0, b"x")], 203)
        yield row("value id negative", [plain_value(-1, b"x")], DROPPED)
        yield row("type over 65535", [plain_value(21, b"x", 65536)], DROPPED)
        yield row("p negative", [{**plain_value(22, b"x"), "p": -1}], DROPPED)
        yield row("data array with a number over 255", [{"id": 23, "dat": {"body": {"type": 0, "data": [1, 256]}}}], DROPPED)
        yield row("data array of bytes", [{"id": 24, "dat": {"body": {"type": 0, "data": [1, 255]}}}], ANSWERED)
        yield row("no data", [{"id": 25, "dat": {"body": {"type": 0}}}], DROPPED)
        yield row("no type", [{"id": 26, "dat": {"body": {"data": b"x"}}}], DROPPED)
        yield row("owner without sig", [{"id": 27, "dat": {"body": {"seq": 0, "owner": b"x", "type": 0, "data": b"x"}}}], DROPPED)
        yield row("pt not text", [{**plain_value(28, b"x"), "pt": 5}], DROPPED)
        yield row("size over 65568", [65569], DROPPED)
        yield row("negative size", [-1], DROPPED)
        yield row("dat empty", [{"id": 29, "dat": b""}], ANSWERED)

    def reply_rows(self):
        n = self.fresh
        reply = lambda **more: {"r": {"id": self.id}, "t": n(), "y": "r", "v": "x", **more}
        for name, message in (
            ("reply with an unknown t", reply()),
            ("request with an empty r", {**reply(), "r": {}, "q": "ping"}),
            ("e not an array", reply(e=5)),
            ("e empty", reply(e=[])),
            ("error with an unexpected code", reply(e=[999, "x"])),
            ("error without r", {"e": [401, "x"], "t": n(), "y": "e"}),
            ("u nil", {"u": None, "t": n(), "y": "r"}),
            ("u for an unknown socket", {"u": {"id": self.id, "exp": [1]}, "t": n(), "y": "r"}),
            ("fields without names", {"r": {"id": self.id, "fileds": {"f": [], "v": [1, 2, 3]}}, "t": n(), "y": "r"}),
            ("fields without values", {"r": {"id": self.id, "fileds": {"f": [1], "v": []}}, "t": n(), "y": "r"}),
        ):
            yield self.row(name, message, DROPPED, None)

    def part_rows(self):
        part = lambda p, t=None: {"y": "p", "t": self.fresh() if t is None else t, "p": p}
        for name, message in (
            ("part without a reassembly", part({0: {"o": 0, "d": b"x" * 100}})),
            ("part without d", part({0: {"o": 0}})),
            ("part without o", part({0: {"d": b"x"}})),
            ("part with a negative offset", part({0: {"o": -1, "d": b"x"}})),
            ("part with an offset of 64 bits", part({0: {"o": (1 << 64) - 1, "d": b"x"}})),
            ("part with an index of 64 bits", part({(1 << 64) - 1: {"o": 0, "d": b"x"}})),
            ("part that is no map", part([1])),
        ):
            yield self.row(name, message, DROPPED, None)
        # A put that announces one value, then parts that do not fit it: nothing may come but silence.
        n = self.fresh()
        header = {"a": {"id": self.id, "h": self.key, "values": [700], "token": self.good_token}, "q": "put", "t": n, "y": "q"}
        yield self.row("announced value", header, DROPPED, n)
        for name, p in (("beyond the size", {0: {"o": 650, "d": b"x" * 100}}), ("of an unknown index", {5: {"o": 0, "d": b"x"}}),
                        ("overlapping", {0: {"o": 0, "d": b"x" * 10}}), ("overlapping again", {0: {"o": 5, "d": b"y" * 10}})):
            yield self.row(f"part {name}", part(p, n), DROPPED, n)


class LeftOut:
    pass


LEFT_OUT = LeftOut()


def judge(answer, expected) -> bool:
    if expected is None:  # both are right: what counts is that the node lives
        return True
    if expected == DROPPED:
        return answer is None
    if expected == ANSWERED:
        return answer is not None and "r" in answer and "e" not in answer
    return answer is not None and answer.get("e", [None])[0] == expected


async def malformed(report):
    """Every row of wire.md §13 to a node of ours that stands alone.

    proves: N-7 N-8 N-9 N-105 N-109 N-110 N-114 N-116 W-14.9 B-28
    """
    async with Alone(report) as (driver, node):
        probe = Probe(node.port4)
        probe.receiver = bytes.fromhex(node.id)
        report.check("a decent request is answered first", probe.good_token is not None)
        wrong = []
        rows = list(probe.rows())
        for name, data, transaction, expected in rows:
            answer = await asyncio.to_thread(probe.verdict, data, transaction)
            good = judge(answer, expected) and driver.is_running
            report.check(f"§13 {name}: {'no crash' if expected is None else expected}", good, f"answer {answer}")
            if not good:
                wrong.append(name)
        alive = await asyncio.to_thread(probe.ask, "get", {"h": probe.key})
        values = alive["r"].get("values", []) if alive else []
        report.check("the node still answers, with the value it had", any(isinstance(v, dict) and v["id"] == 7 for v in values), str(alive))
        probe.close()


async def floods(report, seed=1):
    """Random bytes, mutated packets, and reassemblies that never end: no crash, no growth."""
    async with Alone(report) as (driver, node):
        source = random.Random(seed)
        probe = Probe(node.port4)
        probe.receiver = bytes.fromhex(node.id)
        seeds = [data for _, data, _, _ in probe.rows() if data]
        kinds = {
            "random bytes": lambda: source.randbytes(source.randrange(1, 1400)),
            "mutated packets": lambda: mutated(source, source.choice(seeds)),
            "reassemblies that never end": lambda: unfinished(source, probe),
        }
        await asyncio.to_thread(flood, probe, list(kinds.values()), 3000)  # what a first flood leaves is room, not growth
        for name, make in kinds.items():
            before = driver.resident_kilobytes()
            await asyncio.to_thread(flood, probe, [make], 12000)
            await asyncio.sleep(0.5)
            if not report.check(f"{name}: the node lives", driver.is_running, " | ".join(driver.errors[-3:])):
                return
            growth = driver.resident_kilobytes() - before
            report.check(f"{name}: no growth", growth < ALLOWED_GROWTH, f"{growth} kB more after 12000 datagrams")
        await asyncio.sleep(1.1)  # until the rate limit forgets us
        answer = await asyncio.to_thread(probe.ask, "ping")
        report.check("after the floods the node answers", answer is not None)
        probe.close()


async def rate_limit(report):
    """One address may ask 1024 times a second; another is still served.

    proves: N-11
    """
    async with Alone(report) as (driver, node):
        answers, seconds = await asyncio.to_thread(burst, node.port4, 3000)
        allowed = 1024 * max(1, seconds) + 64
        report.check("3000 pings at once from one address: 1024 answers a second", 900 <= answers <= allowed,
                     f"{answers} answers in {seconds:.2f} s")
        other, _ = await asyncio.to_thread(burst, node.port4, 1, "127.0.0.2")
        report.check("meanwhile another address is served", other == 1)


def burst(port, count, source="127.0.0.1"):
    """Pings at full speed from one socket; (answers, seconds that the sending took)."""
    peer = HandmadePeer(port)
    peer.socket.close()
    peer.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    peer.socket.bind((source, 0))
    began, answers = time.monotonic(), 0
    for number in range(count):
        peer.request("ping", {})
        if number % 32 == 31:
            time.sleep(0.003)
    seconds = time.monotonic() - began
    while select.select([peer.socket], [], [], 0.4)[0]:
        message = messagepack.unpack(peer.socket.recv(65536))
        answers += "r" in message
    peer.close()
    return answers, seconds


def flood(probe, makers, count):
    """Sends in bursts that the receive buffer can hold, so that they are read and not lost."""
    for number in range(count):
        probe.raw(makers[number % len(makers)]())
        if number % 64 == 63:
            time.sleep(0.004)


def mutated(source, data: bytes) -> bytes:
    body = bytearray(data[:4000])
    for _ in range(source.randrange(1, 6)):
        what = source.randrange(4)
        at = source.randrange(len(body)) if body else 0
        if what == 0 and body:
            body[at] = source.randrange(256)
        elif what == 1:
            body[at:at] = source.randbytes(source.randrange(1, 9))
        elif what == 2:
            del body[at:at + source.randrange(1, 9)]
        elif body:
            body[at] ^= 1 << source.randrange(8)
    return bytes(body)


def unfinished(source, probe) -> bytes:
    n = probe.fresh()
    sizes = [source.randrange(600, 65568) for _ in range(source.randrange(1, 5))]
    return messagepack.pack({"a": {"id": source.randbytes(20), "h": source.randbytes(20), "values": sizes, "token": probe.good_token},
                             "q": "put", "t": n, "y": "q"})


class Alone:
    """A process with one node of ours and nobody else."""

    def __init__(self, report):
        self.report = report

    async def __aenter__(self):
        self.driver = await Driver("ours").launch()
        # With its own rate limits, which other tests switch off.
        return self.driver, await Node(self.driver, 0).start(limited=True)

    async def __aexit__(self, *_):
        self.report.check("the process under bad packets lives to the end", self.driver.is_running, " | ".join(self.driver.errors[-3:]))
        await self.driver.end()
