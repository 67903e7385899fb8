"""Signed and encrypted values that must be refused: counted, told, never delivered, never a crash.

What is put to our node by hand: never sent to peers of others.
"""

import asyncio
import base64
import threading

import messagepack
from peers import Driver, Node
from values import data_of, key_of
from wire import HandmadePeer, plain_value

IDENTIFIER = 7
BITS = 2048


async def values(report):
    """Each bad value, put to a node of ours and answered to one."""
    driver = await Driver("ours").launch()
    sealer = await Driver("ours").launch()
    try:
        forge = await Forge(sealer).start()
        await stored(driver, forge, report)
        await delivered(driver, forge, report)
        report.check("the process under bad values lives to the end", driver.is_running, " | ".join(driver.errors[-3:]))
    finally:
        await asyncio.gather(driver.end(), sealer.end())


class Forge:
    """Makes good values, to be spoiled: of an owner, of another owner, for a recipient."""

    def __init__(self, driver):
        self.driver = driver

    async def start(self):
        self.owner = await Node(self.driver, 0).start(bits=BITS)
        self.other = await Node(self.driver, 1).start(bits=BITS)
        return self

    async def seal(self, by, data: bytes, sequence=0, to=None, identifier=IDENTIFIER):
        reply = await self.driver.call("seal", node=by.number, data=base64.b64encode(data).decode(), id=f"{identifier:016x}",
                                       sequence=sequence, **({"toKey": to} if to else {}))
        return messagepack.unpack(base64.b64decode(reply["packed"][0]))


def changed(value, **fields):
    """A copy with other fields of the signed part."""
    return {**value, "dat": {**value["dat"], "body": {**value["dat"]["body"], **fields}}}


def spoiled(data: bytes, at=-1) -> bytes:
    body = bytearray(data)
    body[at] ^= 1
    return bytes(body)


async def stored(driver, forge, report):
    """What a storing node refuses: what it had stays, the refusal is counted, and the put is answered as peers answer it.

    proves: N-122 N-123 N-124
    """
    node = await Node(driver, 0).start()
    peer = HandmadePeer(node.port4)
    token = await asyncio.to_thread(peer.token)
    good = await forge.seal(forge.owner, b"edition five", 5)
    older = await forge.seal(forge.owner, b"edition four", 4)
    signature = good["dat"]["sig"]
    other_owner = (await forge.seal(forge.other, b"x"))["dat"]["body"]["owner"]
    encrypted = await forge.seal(forge.owner, b"secret", to=forge.other.public_key)
    rows = [  # (name, what is there before, what is put)
        ("a bad signature", None, {**good, "dat": {**good["dat"], "sig": spoiled(signature)}}),
        ("a signature cut short", None, {**good, "dat": {**good["dat"], "sig": signature[:-1]}}),
        ("other data than was signed", None, changed(good, data=b"edition six")),
        ("an owner without signature", None, {**good, "dat": {**good["dat"], "sig": b""}}),
        ("another key than signed it", None, changed(good, owner=other_owner)),
        ("an older edition under a higher sequence number", good, changed(older, seq=6)),
        ("an older sequence, replayed", good, older),
        ("the same sequence with other data", good, await forge.seal(forge.owner, b"edition five, changed", 5)),
        ("a newer edition by another owner", good, await forge.seal(forge.other, b"mine now", 6)),
        ("a newer edition with a bad signature", good, changed(await forge.seal(forge.owner, b"edition six", 6), data=b"edition 6")),
        ("an unsigned value over a signed one", good, plain_value(IDENTIFIER, b"unsigned")),
        ("an encrypted value over a signed one", good, {**encrypted, "id": IDENTIFIER}),
    ]
    for name, before, bad in rows:
        key = bytes.fromhex(key_of(f"refused: {name}"))
        put = lambda value: peer.ask("put", {"h": key, "values": [value], "token": token})
        if before:
            await asyncio.to_thread(put, before)
        count = (await node.counters())["valuesRefused"]
        answer = await asyncio.to_thread(put, bad)
        there = await asyncio.to_thread(values_at, peer, key)
        report.check(f"a put of {name} is acknowledged, and changes nothing",
                     answer is not None and "e" not in answer and there == ([before["dat"]["body"]["data"]] if before else []),
                     f"{answer}, there is {there}")
        more = (await node.counters())["valuesRefused"] - count
        report.check(f"a put of {name} is counted", more == 1, f"{more} more")

    key = bytes.fromhex(key_of("the same with another number"))
    for value in (good, changed(good, seq=6)):
        await asyncio.to_thread(peer.ask, "put", {"h": key, "values": [value], "token": token})
    there = await asyncio.to_thread(peer.values_at, key)
    report.check("the same edition under a number that was not signed changes nothing", there == [good], str(there))

    key = bytes.fromhex(key_of("accepted"))
    for edition in (good, await forge.seal(forge.owner, b"edition nine", 9)):
        await asyncio.to_thread(peer.ask, "put", {"h": key, "values": [edition], "token": token})
    there = await asyncio.to_thread(values_at, peer, key)
    report.check("a good edition with a higher sequence is stored", there == [b"edition nine"], str(there))
    peer.close()
    await node.stop()


def values_at(peer, key):
    """Data, or cyphers, of the values that the node has; None without an answer."""
    values = peer.values_at(key)
    return values and [value["dat"]["body"]["data"] if isinstance(value["dat"], dict) else value["dat"] for value in values]


class LyingHolder(HandmadePeer):
    """Answers every get and listen with the values that it was told to hold, good or not."""

    def __init__(self, port):
        super().__init__(port)
        self.held = {}
        self.running = True
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def serve(self):
        while self.running:
            for _ in self.messages(0.2):
                pass

    def be_decent(self, message, source):
        name, arguments = message.get("q"), message.get("a", {})
        if message.get("y") != "q" or name not in ("get", "listen", "find"):
            return super().be_decent(message, source)
        reply = {"id": self.id, "sa": b"\x7f\x00\x00\x01", "token": b"T" * 32}
        if values := self.held.get(arguments.get("h")):
            reply["values"] = values
        self.socket.sendto(messagepack.pack({"r": reply, "t": message["t"], "y": "r", "v": "test"}), source)

    def stop(self):
        self.running = False
        self.thread.join()
        self.close()


async def delivered(driver, forge, report):
    """What a reader refuses from a node that holds it: nothing is delivered by get or listen, and it is counted.

    proves: N-98
    """
    node = await Node(driver, 1).start(bits=BITS)
    holder = LyingHolder(node.port4)
    holder.thread.start()
    await driver.call("bootstrap", node=node.number, hosts=[["127.0.0.1", holder.socket.getsockname()[1]]])
    data = data_of("for you", 300)  # too long for one RSA block: the AES form
    good = await forge.seal(forge.owner, data, to=node.public_key)
    short = await forge.seal(forge.owner, b"", to=node.public_key)
    signed = await forge.seal(forge.owner, data)
    foreign = await forge.seal(forge.owner, data, to=forge.other.public_key)
    other_owner = (await forge.seal(forge.other, b"x"))["dat"]["body"]["owner"]
    block = BITS // 8
    cypher = lambda bytes_: {**good, "dat": bytes_}
    rows = [  # (name, the value, which counter)
        ("for another recipient", foreign, "notForUs"),
        ("whose cypher lacks its last byte", cypher(good["dat"][:-1]), "notForUs"),
        ("whose cypher ends in its RSA block", cypher(good["dat"][:block - 1]), "notForUs"),
        ("whose cypher is its RSA block alone", cypher(good["dat"][:block]), "notForUs"),
        ("whose cypher has no room for a tag", cypher(good["dat"][:block + 20]), "notForUs"),
        ("with a bad tag", cypher(spoiled(good["dat"])), "notForUs"),
        ("with a changed text", cypher(spoiled(good["dat"], block + 20)), "notForUs"),
        ("with a changed RSA block", cypher(spoiled(good["dat"], 40)), "notForUs"),
        ("with a cypher of noise", cypher(data_of("noise", 900)), "notForUs"),
        ("with a bad signature", {**signed, "dat": {**signed["dat"], "sig": spoiled(signed["dat"]["sig"])}}, "badSignatures"),
        ("with other data than was signed", changed(signed, data=b"other"), "badSignatures"),
        ("with another key than signed it", changed(signed, owner=other_owner), "badSignatures"),
    ]
    for name, value, counter in rows:
        key = key_of(f"never delivered: {name}")
        holder.held[bytes.fromhex(key)] = [value]
        before = await node.counters()
        reply = await node.get(key)
        listening = await node.listen(key)
        await asyncio.sleep(0.4)
        heard = list(listening.events)
        await listening.cancel()
        more = (await node.counters())[counter] - before[counter]
        report.check(f"a value {name} is not delivered by a get, nor told to a listen", reply["values"] == [] and not heard,
                     f"{reply.get('values')} {heard}")
        report.check(f"a value {name} is counted", more >= 1, f"{more} more")
    for name, value in (("encrypted", good), ("encrypted and empty", short), ("signed", signed)):
        key = key_of(f"delivered: {name}")
        holder.held[bytes.fromhex(key)] = [value]
        reply = await node.get(key)
        report.check(f"a good {name} value from the same node is delivered", [v.get("signer") for v in reply["values"]] == [forge.owner.key_id],
                     str(reply)[:300])
    await asyncio.to_thread(holder.stop)
    await node.stop()
