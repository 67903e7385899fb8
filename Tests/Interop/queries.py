"""Filters and selections, asked by each kind of values put by each kind; pings."""

import base64

from values import data_of, key_of

TEXT, OTHER = "text/plain", "x-other"


async def select_and_where(network, report):
    """Each kind writes three values under one key; each kind asks for parts of them.

    proves: N-65 N-67 N-136
    """
    key = key_of("queries")
    values = {}
    for number, kind in enumerate(network.kinds):
        for place, (type_id, user_type) in enumerate(((0, TEXT), (0, OTHER), (77, TEXT))):
            identifier = f"{0x1000 * (number + 1) + place:016x}"
            data = data_of(f"query {kind} {place}", 40 + place)
            reply = await network.any_of(kind).put(key, data, id=identifier, type=type_id, userType=user_type)
            report.check(f"{kind} puts a value of type {type_id} and user type {user_type}", reply["ok"], reply.get("error", ""))
            values[identifier] = (type_id, user_type, data)

    filters = {
        "WHERE user_type=text/plain": lambda identifier, type_id, user_type: user_type == TEXT,
        "WHERE value_type=77": lambda identifier, type_id, user_type: type_id == 77,
        "WHERE id=4097": lambda identifier, type_id, user_type: identifier == f"{4097:016x}",
        "WHERE value_type=0,user_type=x-other": lambda identifier, type_id, user_type: type_id == 0 and user_type == OTHER,
    }
    for kind in network.kinds:
        for text, test in filters.items():
            reply = await network.any_of(kind).get(key, where=text)
            wanted = {i: data for i, (type_id, user_type, data) in values.items() if test(i, type_id, user_type)}
            found = {i: base64.b64decode(value["data"]) for i, value in reply["found"].items()}
            report.check(f"{kind} gets {text}", found == wanted, f"wanted {sorted(wanted)}, found {sorted(found)}")
    if "ours" in network.kinds:
        await selections(network, report, key, values)


async def selections(network, report, key, values):
    """Our query with a selection; answers come from holders of every kind."""
    node = network.any_of("ours")
    reply = await node.query(key, "SELECT id,value_type,user_type")
    found = {(r.get("id"), r.get("valueType"), r.get("userType")) for r in reply.get("records", [])}
    wanted = {(i, type_id, user_type) for i, (type_id, user_type, _) in values.items()}
    report.check("ours selects three fields of every value", found == wanted, f"missing {sorted(wanted - found)}, more {sorted(found - wanted)}")
    reply = await node.query(key, "SELECT id WHERE value_type=77")
    found = {r.get("id") for r in reply.get("records", [])}
    wanted = {i for i, (type_id, _, _) in values.items() if type_id == 77}
    report.check("ours selects ids where the type is 77", found == wanted, f"found {sorted(found)}")
    only_ids = all(set(k for k, v in r.items() if v is not None) <= {"id"} for r in reply.get("records", []))
    report.check("nothing but what was selected comes back", only_ids, str(reply.get("records"))[:200])


async def pings(network, report):
    """Pings between the kinds; 2.4.12 pings by its bootstrap, since its module cannot name an address."""
    for kind in network.kinds:
        for other in network.kinds:
            if kind == "2.4.12":
                continue
            node = network.any_of(kind)
            target = network.random.choice([n for n in network.of(other) if n is not node])
            for host, port in (("127.0.0.1", target.port4), ("::1", target.port6)):
                reply = await node.ping(host, port)
                report.check(f"{kind} pings {other} at {host}", reply["ok"], reply.get("error", ""))
