"""What keeps nodes apart: network ids, and the client flag."""

import asyncio

from network import Network
from peers import Node
from values import data_of, key_of
from wire import HandmadePeer, nodes_in


async def network_ids(network, report, numbers):
    """Nodes of network 7 find each other, and nobody of network 0.

    proves: N-5 N-6
    """
    other = await Network(network.drivers, network.random).grow(1, numbers, network=7)
    outsiders = []
    for driver in network.drivers.values():
        node = await Node(driver, next(numbers)).start(network=7)
        await node.bootstrap(*map(network.any_of, network.kinds))
        outsiders.append(node)
    fewest = await other.settled("4", len(other.nodes) - 1, 25)
    for kind, known in fewest.items():
        # A deployed node asks a node that has called it only minutes later; until then one is all it needs.
        wanted = len(other.nodes) - 1 if kind == "ours" else 1
        report.check(f"{kind} finds {wanted} of the others of network 7", known >= wanted, f"knows {known}")
    await asyncio.sleep(5)
    for node, table in zip(outsiders, await asyncio.gather(*(node.table() for node in outsiders))):
        known = table.get("good4", 0) + table.get("good6", 0)
        report.check(f"{node.kind} of network 7 gets no answer from network 0", known == 0, str(table)[:300])
    key, data = key_of("network 7"), data_of("network 7", 30)
    await other.nodes[0].put(key, data)
    for kind in network.kinds:
        inside = await other.any_of(kind).get(key)
        outside = await network.any_of(kind).get(key)
        report.check(f"a value of network 7 is read by {kind} there, and not in network 0",
                     len(inside["found"]) == 1 and not outside["found"], f"{len(inside['found'])} and {len(outside['found'])}")
    if "ours" in network.kinds:
        await asyncio.to_thread(handmade_network_ids, network.of("ours")[0], other.of("ours")[0], report)


def handmade_network_ids(ours_in_0, ours_in_7, report):
    for port, network, answered in ((ours_in_0.port4, 0, True), (ours_in_0.port4, 7, False),
                                    (ours_in_7.port4, 7, True), (ours_in_7.port4, 0, False)):
        peer = HandmadePeer(port, network=network)
        answer = peer.ask("ping")
        good = (answer is not None and answer.get("n", 0) == network) if answered else answer is None
        report.check(f"a ping of network {network} is {'answered with its number' if answered else 'not answered'}", good, str(answer))
        peer.close()


async def client_mode(network, report, numbers):
    """A client puts, gets and listens, and is never given to others.

    proves: N-15 N-16
    """
    for kind in (k for k in ("4.4.2", "ours") if k in network.kinds):
        client = await Node(network.drivers[kind], next(numbers)).start(client=True)
        flagged = await asyncio.to_thread(sends_client_flag, client.port4)
        report.check(f"a client of {kind} says so in its packets", flagged)
        await client.bootstrap(*map(network.any_of, network.kinds))
        await asyncio.sleep(6)
        key = key_of(f"client {kind}")
        listening = await client.listen(key)
        await asyncio.sleep(2)
        for other in network.kinds:
            data = data_of(f"client {kind} {other}", 60)
            await network.any_of(other).put(key, data)
            report.check(f"a client of {kind} is told of a value of {other}", await listening.wait_for("added", [data], 10))
        mine = data_of(f"by client {kind}", 60)
        put = await client.put(key, mine)
        report.check(f"a client of {kind} puts", put["ok"], put.get("error", ""))
        for other in network.kinds:
            reply = await network.any_of(other).get(key)
            report.check(f"{other} reads what a client of {kind} put", put.get("id") in reply["found"], reply.get("error", ""))
        named = await asyncio.to_thread(who_names, client.id, network.nodes)
        report.check(f"no node names a client of {kind} to others", not named, f"named by {named}")


def sends_client_flag(port):
    peer = HandmadePeer(port)
    answer = peer.ask("ping")
    peer.close()
    return bool(answer and answer.get("s") is True)


def who_names(node_id: str, nodes):
    """Kinds of the nodes whose find reply names the id, when asked for exactly that id."""
    guilty = set()
    for node in nodes:
        peer = HandmadePeer(node.port4)
        answer = peer.ask("find", {"target": bytes.fromhex(node_id), "w": [2, 10]})
        peer.close()
        if answer is None:
            guilty.add(f"{node.kind} (silent)")
        elif any(identifier.hex() == node_id for identifier, _, _ in nodes_in(answer["r"])):
            guilty.add(node.kind)
    return sorted(guilty)
