"""Values put by each kind and read by each kind; the table of the whole test."""

import base64
import hashlib

from network import in_parallel

# Bytes of data: around the limits of the wire (wire.md §7.1: 599 packed bytes stand inline; §5.6: 65530 is the largest).
SIZES = [1, 16, 100, 300, 540, 541, 599, 600, 1200, 1280, 1281, 2560, 4096, 9000, 20000]
LARGE = [40000, 65000, 65530]
USER_TYPES = ["", "text/plain", "application/octet-stream", "x-interop/ünïcode"]


def key_of(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def data_of(seed: str, size: int) -> bytes:
    return hashlib.shake_128(seed.encode()).digest(size)


def plan(network, keys: int, label: str):
    """(key, writer kind, data, options) of every value: one a key, three at each fifth, one of each kind."""
    kinds = network.kinds
    for number in range(keys):
        writers = kinds if number % 5 == 0 else [kinds[number % len(kinds)]]
        for kind in writers:
            large = number % 25 == 7
            size = LARGE[number // 25 % len(LARGE)] if large else SIZES[number // len(kinds) % len(SIZES)]
            # The largest fits only without a user type.
            user_type = "" if size > 65000 else USER_TYPES[number % len(USER_TYPES)]
            yield key_of(f"{label} {number}"), kind, data_of(f"{label} {number} {kind}", size), user_type


async def write_and_read(network, report, keys: int, label: str, width=12):
    """Every value is put once and read by a node of each kind."""
    values = list(plan(network, keys, label))
    puts = await in_parallel((network.any_of(kind).put(key, data, userType=user_type)
                              for key, kind, data, user_type in values), width)
    for kind in network.kinds:
        mine = [(put, value) for put, value in zip(puts, values) if value[1] == kind]
        bad = [f"{len(value[2])} bytes: {put.get('error', 'not stored')}" for put, value in mine if not put["ok"]]
        report.check(f"{label}: {len(mine)} puts by {kind}", not bad, "; ".join(bad[:5]))

    by_key = {}
    for (key, kind, data, user_type), put in zip(values, puts):
        by_key.setdefault(key, []).append((kind, put.get("id"), data, user_type))
    jobs = [(reader, key) for reader in network.kinds for key in by_key]
    network.random.shuffle(jobs)
    gets = await in_parallel((network.any_of(reader).get(key) for reader, key in jobs), width)

    found, asked, wrong = {}, {}, []
    for (reader, key), reply in zip(jobs, gets):
        for writer, identifier, data, user_type in by_key[key]:
            cell = (writer, reader)
            asked[cell] = asked.get(cell, 0) + 1
            value = reply["found"].get(identifier)
            if value and base64.b64decode(value["data"]) == data and value["userType"] == user_type:
                found[cell] = found.get(cell, 0) + 1
            else:
                seen = "missing" if not value else f"differs ({len(base64.b64decode(value['data']))} bytes)"
                wrong.append(f"{writer} -> {reader}: {len(data)} bytes {seen}; {reply.get('error', '')}")
    print(f"  {len(by_key)} keys, {len(values)} values of 1 to {max(len(v[2]) for v in values)} bytes; found/asked:")
    report.table("writer\\reader", network.kinds, network.kinds, lambda w, r: f"{found.get((w, r), 0)}/{asked.get((w, r), 0)}")
    for cell in asked:
        report.check(f"{label}: put by {cell[0]}, read by {cell[1]}", found.get(cell, 0) == asked[cell],
                     "; ".join(w for w in wrong if w.startswith(f"{cell[0]} -> {cell[1]}:"))[:600])
    return found, asked
