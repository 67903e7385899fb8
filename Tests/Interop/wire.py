"""A hand-made peer: one UDP socket, packets written by hand. For what real peers never send."""

import itertools
import os
import select
import socket
import time

import messagepack


class HandmadePeer:
    """Speaks to one node from one socket, with a node id of its own."""

    def __init__(self, port: int, host: str = "127.0.0.1", network: int = 0, client: bool = False):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("::1" if ":" in host else "127.0.0.1", 0))
        self.target = (host, port)
        self.id = os.urandom(20)
        self.network = network
        self.client = client
        self.transactions = itertools.count(int.from_bytes(os.urandom(3), "big") + 1)

    def close(self):
        self.socket.close()

    def raw(self, data: bytes):
        self.socket.sendto(data, self.target)

    def request(self, name: str, arguments: dict, transaction=None) -> int:
        t = next(self.transactions) if transaction is None else transaction
        self.raw(self.encode(name, {"id": self.id, **arguments}, t))
        return t

    def encode(self, name, arguments, transaction, **more) -> bytes:
        message = {"a": arguments, "q": name, "t": transaction, "y": "q", "v": "test"}
        if self.network:
            message["n"] = self.network
        if self.client:
            message["s"] = True
        message.update(more)
        return messagepack.pack(message)

    def ask(self, name, arguments=None, timeout=1.5):
        """The answer to a request, or None. Other packets meanwhile are answered as a decent peer would."""
        return self.await_answer(self.request(name, arguments or {}), timeout)

    def await_answer(self, transaction, timeout=1.5):
        for message in self.messages(timeout):
            if message.get("t") == transaction and ("r" in message or "e" in message):
                return message
        return None

    def values_at(self, key: bytes, timeout=1.5):
        """The values that a get is answered with, put together from their parts; None without an answer, or a part."""
        answer = self.ask("get", {"h": key}, timeout)
        if answer is None or "e" in answer:
            return None
        sizes = answer["r"].get("values", [])
        values = [value for value in sizes if isinstance(value, dict)]
        awaited = {index: size for index, size in enumerate(sizes) if isinstance(size, int)}
        bodies = {index: b"" for index in awaited}
        for message in self.messages(timeout) if awaited else ():
            if message.get("t") == answer["t"]:
                for index, part in message.get("p", {}).items():
                    bodies[index] += part["d"]
            if all(len(bodies[index]) == size for index, size in awaited.items()):
                return values + [messagepack.unpack(body) for body in bodies.values()]
        return None if awaited else values

    def messages(self, seconds: float):
        """Packets that arrive within `seconds`; requests among them are answered before they are handed out."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return
            data, source = self.socket.recvfrom(65536)
            try:
                message = messagepack.unpack(data)
            except ValueError:
                yield {"broken": data}
                continue
            if isinstance(message, dict):
                message["source"] = source
                self.be_decent(message, source)
                yield message

    def be_decent(self, message, source):
        """Answers a request, so that the node under test keeps us as a good contact."""
        if message.get("y") != "q" or "r" in message:
            return
        reply = {"id": self.id, "sa": socket.inet_pton(self.socket.family, source[0])}
        if message.get("q") in ("find", "get"):
            reply["token"] = b"T" * 32
        answer = {"r": reply, "t": message.get("t", 0), "y": "r", "v": "test"}
        if self.network:
            answer["n"] = self.network
        if self.client:
            answer["s"] = True
        self.socket.sendto(messagepack.pack(answer), source)

    def token(self):
        answer = self.ask("find", {"target": os.urandom(20)})
        return answer["r"]["token"] if answer else None


def plain_value(identifier, data: bytes, type_id=0, user_type=None) -> dict:
    body = {"type": type_id, "data": data}
    if user_type is not None:
        body["utype"] = user_type
    return {"id": identifier, "dat": {"body": body}}


def nodes_in(reply: dict):
    """(id, host, port) of each node that a find or get reply names."""
    for key, size in (("n4", 26), ("n6", 38)):
        packed = reply.get(key, b"")
        family = socket.AF_INET if key == "n4" else socket.AF_INET6
        for at in range(0, len(packed) - size + 1, size):
            entry = packed[at:at + size]
            yield entry[:20], socket.inet_ntop(family, entry[20:-2]), int.from_bytes(entry[-2:], "big")
