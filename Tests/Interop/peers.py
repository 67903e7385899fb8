"""Processes full of nodes, driven by JSON lines; a reference shell, driven by its prompt."""

import asyncio
import base64
import itertools
import json
import os
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LINE_LIMIT = 256 << 20
KINDS = ("2.4.12", "4.4.2", "ours")


class Missing(Exception):
    """A peer that the tests need is not installed; the text says how to get it."""


class PeerDied(Exception):
    """A process ended that should have gone on."""


# Programs for people; others may come from another build than these.
TOOLS = ("dht", "dhtnode", "dhtchat")


def executable(name: str) -> Path:
    release = ROOT / ".build" / "release"
    folder = Path(os.environ.get("OPENDHT_BUILD") or name in TOOLS and os.environ.get("OPENDHT_TOOLS") or release).resolve()
    path = folder / name
    if not path.exists():
        raise Missing(f"{name} is not built: run Scripts/interop without --no-build, or swift build -c release --product {name}")
    return path


def command_of(kind: str):
    if kind == "ours":
        return [str(executable("interop-node"))]
    if kind == "2.4.12":
        interpreter = Path("/usr/bin/python3")
    else:
        interpreter = ROOT / ".build-peers" / "bin" / "python"
    if not interpreter.exists():
        raise Missing(f"no peer {kind}: run Scripts/peers")
    return [str(interpreter), str(HERE / "reference_peer.py")]


class Process:
    """A program whose lines are read, and that is ended by its id at the end."""

    def __init__(self, command, name, environment=None):
        self.command, self.name, self.environment = command, name, environment

    async def start(self):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        clean.update(self.environment or {})
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE, limit=LINE_LIMIT, env=clean)
        self.errors = []
        self.reader = asyncio.create_task(self._read())
        self.error_reader = asyncio.create_task(self._read_errors())
        return self

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.returncode is None

    def resident_kilobytes(self) -> int:
        text = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))

    def write(self, line: str):
        if self.is_running:
            self.process.stdin.write(line.encode() + b"\n")

    async def _read(self):
        async for line in self.process.stdout:
            self.take(line)
        self.ended()

    async def _read_errors(self):
        async for line in self.process.stderr:
            self.errors.append(line.decode(errors="replace").rstrip())
            del self.errors[:-50]

    def take(self, line: bytes):
        raise NotImplementedError

    def ended(self):
        pass

    async def end(self, seconds=5):
        """Ends the process, gently first; returns its exit code."""
        if self.is_running:
            try:
                self.process.stdin.close()
            except (BrokenPipeError, ConnectionResetError):
                pass
            for order in (None, self.process.terminate, self.process.kill):
                if order and self.is_running:
                    order()
                try:
                    await asyncio.wait_for(self.process.wait(), seconds)
                    break
                except asyncio.TimeoutError:
                    continue
        self.reader.cancel()
        self.error_reader.cancel()
        return self.process.returncode


class Driver(Process):
    """One process with many nodes of one kind."""

    def __init__(self, kind: str, environment=None):
        super().__init__(command_of(kind), kind, environment)
        self.kind = kind
        self.tags = itertools.count(1)
        self.waiting = {}
        self.listeners = {}
        self.listen_numbers = itertools.count(1)
        self.version = None

    async def launch(self):
        self.ready = asyncio.get_running_loop().create_future()
        await self.start()
        try:
            self.version = await asyncio.wait_for(self.ready, 30)
        except (asyncio.TimeoutError, PeerDied):
            raise Missing(f"peer {self.kind} does not start: run Scripts/peers\n  " + "\n  ".join(self.errors[-3:])) from None
        return self

    def take(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            self.errors.append(f"not JSON: {line[:200]!r}")
            return
        if "tag" in message:
            future = self.waiting.pop(message["tag"], None)
            if future and not future.done():
                future.set_result(message)
        elif message.get("event") == "ready":
            self.ready.set_result(message["version"])
        elif listener := self.listeners.get(message.get("listen")):
            listener(message)

    def ended(self):
        error = PeerDied(f"the process of {self.kind} ended: " + " | ".join(self.errors[-3:]))
        for future in [*self.waiting.values(), self.ready]:
            if not future.done():
                future.set_exception(error)
                future.exception()  # seen, even when nobody waits any more
        self.waiting.clear()

    async def call(self, op: str, timeout=30.0, **fields):
        if not self.is_running:
            raise PeerDied(f"the process of {self.kind} has ended: " + " | ".join(self.errors[-3:]))
        tag = next(self.tags)
        future = asyncio.get_running_loop().create_future()
        self.waiting[tag] = future
        self.write(json.dumps({"tag": tag, "op": op, **fields}))
        try:
            return await asyncio.wait_for(future, timeout)
        except asyncio.TimeoutError:
            self.waiting.pop(tag, None)
            return {"ok": False, "error": f"no answer within {timeout:g} s", "values": [], "records": []}


class Node:
    """One node in a driver."""

    def __init__(self, driver: Driver, number: int):
        self.driver, self.number, self.kind = driver, number, driver.kind
        self.id = self.port4 = self.port6 = None

    def __repr__(self):
        return f"{self.kind}#{self.number}"

    async def start(self, ipv4="127.0.0.1", ipv6="::1", **options):
        reply = await self.driver.call("start", node=self.number, ipv4=ipv4 or "", ipv6=ipv6 or "", **options)
        if not reply["ok"]:
            raise RuntimeError(f"{self} does not start: {reply.get('error')}")
        self.id, self.port4, self.port6 = reply["id"], reply.get("port4", 0), reply.get("port6", 0)
        self.key_id, self.long_id = reply.get("keyID"), reply.get("longID")
        # Ours gives the public key, the reference its certificate.
        self.public_key = reply.get("publicKey") or base64.b64encode(reply.get("certificate", "").encode()).decode()
        return self

    async def bootstrap(self, *others: "Node"):
        """Makes the others known, on every family that both sides have."""
        hosts = [[host, theirs] for other in others for host, mine, theirs in
                 (("::1", self.port6, other.port6), ("127.0.0.1", self.port4, other.port4)) if mine and theirs]
        await self.driver.call("bootstrap", node=self.number, hosts=hosts)

    async def ping(self, host, port, timeout=15):
        return await self.driver.call("ping", timeout, node=self.number, host=host, port=port)

    async def put(self, key, data: bytes, timeout=40, **options):
        return await self.driver.call("put", timeout, node=self.number, key=key, data=base64.b64encode(data).decode(), **options)

    async def put_signed(self, key, data: bytes, timeout=40, **options):
        return await self.driver.call(
            "putSigned", timeout, node=self.number, key=key, data=base64.b64encode(data).decode(), **options)

    async def put_encrypted(self, key, data: bytes, timeout=40, **options):
        return await self.driver.call(
            "putEncrypted", timeout, node=self.number, key=key, data=base64.b64encode(data).decode(), **options)

    async def counters(self):
        return (await self.driver.call("counters", node=self.number))["counters"]

    async def get(self, key, where=None, timeout=40):
        reply = await self.driver.call("get", timeout, node=self.number, key=key, **self.asking(where))
        reply["found"] = {value["id"]: value for value in reply.get("values", [])}
        return reply

    async def query(self, key, query, timeout=30):
        return await self.driver.call("query", timeout, node=self.number, key=key, **self.asking(query))

    def asking(self, text):
        """The fields of a request for a query in text form: the reference parses it, ours gets its parts."""
        if not text or self.kind != "ours":
            return {"where": text} if text else {}
        select, _, where = text.partition("WHERE")
        filters = [item.split("=", 1) for item in where.split(",") if "=" in item]
        return {"select": [name for name in select.replace("SELECT", "").strip().split(",") if name],
                "filters": [{"field": name.strip(), "value": value.strip()} for name, value in filters]}

    async def listen(self, key):
        return await Listening(self, key).start()

    async def table(self):
        return await self.driver.call("table", node=self.number)

    async def stop(self):
        return await self.driver.call("stop", node=self.number)


class Listening:
    """A listen and what it was told, in order."""

    def __init__(self, node: Node, key: str):
        self.node, self.key, self.events = node, key, []
        self.number = next(node.driver.listen_numbers)
        self.changed = asyncio.Event()

    async def start(self):
        self.node.driver.listeners[self.number] = self.take
        reply = await self.node.driver.call("listen", node=self.node.number, key=self.key, listen=self.number)
        if not reply["ok"]:
            raise RuntimeError(f"{self.node} cannot listen: {reply.get('error')}")
        return self

    def take(self, message):
        self.events.append((asyncio.get_running_loop().time(), message["event"], message["value"]))
        self.changed.set()

    def told(self, event: str):
        """Data of the values told as added or as expired."""
        return [base64.b64decode(value["data"]) for _, what, value in self.events if what == event]

    async def wait_for(self, event: str, wanted, seconds: float) -> bool:
        """Whether every one of `wanted` is told within the time."""
        end = asyncio.get_running_loop().time() + seconds
        while not set(wanted) <= set(self.told(event)):
            left = end - asyncio.get_running_loop().time()
            if left <= 0:
                return False
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except asyncio.TimeoutError:
                pass
        return True

    async def cancel(self):
        await self.node.driver.call("cancel", node=self.node.number, listen=self.number)


class Shell(Process):
    """A `dhtnode` at its prompt: the reference's, or ours."""

    def __init__(self, program, *arguments):
        super().__init__([str(program), *map(str, arguments)], Path(program).name)
        self.lines = []
        self.changed = asyncio.Event()

    def take(self, line):
        self.lines.append(line.decode(errors="replace").rstrip("\r\n"))
        self.changed.set()

    def ended(self):
        self.changed.set()

    async def expect(self, pattern: str, seconds=15.0, after=0):
        """The match of the first line from number `after` on that fits, or None."""
        end, at = asyncio.get_running_loop().time() + seconds, after
        while True:
            while at < len(self.lines):
                if match := re.search(pattern, self.lines[at]):
                    return match
                at += 1
            left = end - asyncio.get_running_loop().time()
            if left <= 0 or not self.is_running and at >= len(self.lines):
                return None
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), min(left, 1))
            except asyncio.TimeoutError:
                pass

    async def type(self, line: str, pattern: str, seconds=15.0):
        """Types a line, and waits for an answer that fits."""
        after = len(self.lines)
        self.write(line)
        return await self.expect(pattern, seconds, after)

