"""Permanent values of each kind: alive past the lifetime of their type, and gone once nobody renews them."""

import asyncio
import base64

from listens import SHORT_LIVED
from network import in_parallel
from peers import Node
from values import data_of, key_of

LIFETIME = 60  # seconds, of SHORT_LIVED
CANCELLED_AFTER = 35  # before the first renewal, which comes at 50 s (node.md §4.4)
# After that renewal, and after a lifetime from the cancel: until then a writer may still have brought a value to a node
# that was late, or new to it, and there it lives from that moment.
PAST_LIFETIME = 105
SIZES = (20, 900)  # one stands in the put, one follows in parts (wire.md §7.1)
FATES = ("kept", "cancelled", "passing")  # permanent; permanent until it is cancelled; never permanent


async def kept_alive(network, report, numbers):
    """Values of a type that lives 60 s, put by a node of each kind: permanent ones are there after it, and no others.

    The kept ones show that the cancelled ones would be there too, were they renewed.
    """
    clock = asyncio.get_running_loop().time
    writers = {kind: await entered(network, kind, next(numbers)) for kind in network.kinds}
    await asyncio.sleep(5)  # until they have looked around
    put_at = clock()
    values = {(kind, fate): [(key_of(f"{fate} {kind} {size}"), data_of(f"{fate} {kind} {size}", size)) for size in SIZES]
              for kind in network.kinds for fate in FATES}
    ids = {}
    for (kind, fate), pairs in values.items():
        for key, data in pairs:
            reply = await writers[kind].put(key, data, type=SHORT_LIVED, **({} if fate == "passing" else {"permanent": True}))
            report.check(f"{kind} puts a value of {len(data)} bytes that is to be {fate}", reply["ok"], reply.get("error", ""))
            ids[key] = reply.get("id")
    early = [f"{reader} of {writer}" for (writer, _), found in (await read(network, values)).items()
             for reader, count in found.items() if count < len(SIZES)]
    report.check("all of them are read by each kind at first", not early, f"missed by {early}")

    await asyncio.sleep(put_at + CANCELLED_AFTER - clock())
    for kind, writer in writers.items():
        for key, _ in values[kind, "cancelled"]:
            reply = await writer.driver.call("cancelPut", node=writer.number, key=key, id=ids[key])
            report.check(f"{kind} cancels a permanent put", reply["ok"], reply.get("error", ""))

    await asyncio.sleep(put_at + PAST_LIFETIME - clock())
    left = await read(network, values)
    for (writer, fate), found in left.items():
        for reader, count in found.items():
            report.check(f"values of {writer} that live {LIFETIME} s and are {fate}: {'there' if fate == 'kept' else 'gone'} for "
                         f"{reader} after {PAST_LIFETIME} s", count == (len(SIZES) if fate == "kept" else 0),
                         f"{count} of {len(SIZES)} found")
    print(f"  permanent values of a type that lives {LIFETIME} s; found/asked after {PAST_LIFETIME} s, kept and cancelled:")
    report.table("writer\\reader", network.kinds, network.kinds,
                 lambda w, r: ", ".join(f"{left[w, fate][r]}/{len(SIZES)}" for fate in ("kept", "cancelled")))
    await asyncio.gather(*(writer.stop() for writer in writers.values()))


async def read(network, values):
    """How many values of each entry a node of each kind finds."""
    cells = [(entry, reader, key, data)
             for entry, pairs in values.items() for key, data in pairs for reader in network.kinds]
    there = await in_parallel((is_found(network.any_of(reader), key, data) for _, reader, key, data in cells), 6)
    found = {entry: dict.fromkeys(network.kinds, 0) for entry in values}
    for (entry, reader, _, _), is_there in zip(cells, there):
        found[entry][reader] += is_there
    return found


async def entered(network, kind, number):
    """A node of its own, which can be stopped without harm to the other tests."""
    node = await Node(network.drivers[kind], number).start()
    await node.bootstrap(*network.random.sample(network.nodes, 5))
    return node


async def is_found(node, key, data):
    reply = await node.get(key)
    return any(base64.b64decode(value["data"]) == data for value in reply["found"].values())
