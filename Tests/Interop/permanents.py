"""Permanent values of each kind: alive past the lifetime of their type, and gone once nobody renews them."""

import asyncio
import base64

from listens import SHORT_LIVED
from network import in_parallel
from peers import Node
from values import data_of, key_of

LIFETIME = 60  # seconds, of SHORT_LIVED
PAST_LIFETIME = 85  # one renewal, at 50 s (node.md §4.4), and no second one yet that could hide a late first
SIZES = (20, 900)  # one stands in the put, one follows in parts (wire.md §7.1)
GONE_WITHIN = LIFETIME + 25  # after the puts are cancelled: the last renewal may have come just before


async def kept_alive(network, report, numbers):
    """Values of a type that lives 60 s, put for good by a node of each kind, and beside each one that is not."""
    clock = asyncio.get_running_loop().time
    writers = {kind: await entered(network, kind, next(numbers)) for kind in network.kinds}
    await asyncio.sleep(5)  # until they have looked around
    put_at = clock()
    lasting = {kind: [(key_of(f"permanent {kind} {size}"), data_of(f"permanent {kind} {size}", size)) for size in SIZES]
               for kind in network.kinds}
    passing = {kind: (key_of(f"passing {kind}"), data_of(f"passing {kind}", SIZES[0])) for kind in network.kinds}
    ids = {kind: [await put(writers[kind], key, data, report, permanent=True) for key, data in lasting[kind]]
           for kind in network.kinds}
    for kind in network.kinds:
        await put(writers[kind], *passing[kind], report)

    await asyncio.sleep(put_at + PAST_LIFETIME - clock())
    found = {}
    for writer in network.kinds:
        for reader in network.kinds:
            found[writer, reader] = [await is_found(network.any_of(reader), key, data) for key, data in lasting[writer]]
            report.check(f"a permanent value of {writer} that lives {LIFETIME} s is read by {reader} after {PAST_LIFETIME} s",
                         all(found[writer, reader]), f"found, by size: {dict(zip(SIZES, found[writer, reader]))}")
    for kind in network.kinds:
        key, data = passing[kind]
        seen = [reader for reader in network.kinds if await is_found(network.any_of(reader), key, data)]
        report.check(f"a value of {kind} that was not permanent is gone by then", not seen, f"seen by {seen}")

    cancelled_at = clock()
    for kind, writer in writers.items():
        for (key, _), identifier in zip(lasting[kind], ids[kind]):
            reply = await writer.driver.call("cancelPut", node=writer.number, key=key, id=identifier)
            report.check(f"{kind} cancels its permanent put", reply["ok"], reply.get("error", ""))
    await asyncio.sleep(cancelled_at + LIFETIME - clock())
    left = {(writer, reader): lasting[writer] for writer in network.kinds for reader in network.kinds}
    while any(left.values()) and clock() < cancelled_at + GONE_WITHIN:
        for (writer, reader), values in left.items():
            seen = await in_parallel((is_found(network.any_of(reader), key, data) for key, data in values), 2)
            left[writer, reader] = [value for value, is_there in zip(values, seen) if is_there]
        await asyncio.sleep(1)
    for (writer, reader), values in left.items():
        report.check(f"a permanent value of {writer} whose put was cancelled is gone for {reader}", not values,
                     f"sizes {[len(data) for _, data in values]} after {clock() - cancelled_at:.0f} s")
    print(f"  {len(SIZES)} permanent values of each kind, of a type that lives {LIFETIME} s: found/asked after "
          f"{PAST_LIFETIME} s, and left after the puts were cancelled:")
    report.table("writer\\reader", network.kinds, network.kinds,
                 lambda w, r: f"{sum(found[w, r])}/{len(found[w, r])}, {len(left[w, r])} left")
    await asyncio.gather(*(writer.stop() for writer in writers.values()))


async def entered(network, kind, number):
    """A node of its own, which can be stopped without harm to the other tests."""
    node = await Node(network.drivers[kind], number).start()
    await node.bootstrap(*network.random.sample(network.nodes, 5))
    return node


async def put(node, key, data, report, **options):
    """Puts a short-lived value; its id."""
    reply = await node.put(key, data, type=SHORT_LIVED, **options)
    report.check(f"{node.kind} puts {'a permanent' if options else 'a passing'} value of {len(data)} bytes", reply["ok"],
                 reply.get("error", "not stored"))
    return reply.get("id")


async def is_found(node, key, data):
    reply = await node.get(key)
    return any(base64.b64decode(value["data"]) == data for value in reply["found"].values())
