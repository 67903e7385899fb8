"""Listens of each kind, told of every change that the others make."""

import asyncio

from values import data_of, key_of

SHORT_LIVED = 5  # type 5 lives 60 s (wire.md §11.2)


async def changes(network, report):
    """Each kind listens on a key of its own; each kind puts lasting and short-lived values there.

    proves: N-89 N-93 N-94 N-128 N-132
    """
    listenings, lasting, short = {}, {}, {}
    for kind in network.kinds:
        key = key_of(f"listen {kind}")
        before = data_of(f"before {kind}", 50)
        await network.any_of(kind).put(key, before)
        listenings[kind] = await network.any_of(kind).listen(key)
        lasting[kind], short[kind] = {"before": [before]}, {}
    await asyncio.sleep(2)  # until every listen stands at its nodes

    put_at = asyncio.get_running_loop().time()
    for kind, listening in listenings.items():
        for writer in network.kinds:
            writers = [node for node in network.of(writer) if node is not listening.node]
            for store, type_id, sizes in ((lasting, 0, (1, 100, 700, 3000)), (short, SHORT_LIVED, (20, 900))):
                store[kind][writer] = [data_of(f"{kind} {writer} {type_id} {size}", size) for size in sizes]
                for data in store[kind][writer]:
                    await network.random.choice(writers).put(listening.key, data, type=type_id)

    for kind, listening in listenings.items():
        for writer in network.kinds:
            wanted = lasting[kind][writer] + short[kind][writer]
            told = await listening.wait_for("added", wanted, 15)
            missing = [len(d) for d in wanted if d not in listening.told("added")]
            report.check(f"a listen of {kind} is told of {len(wanted)} values of {writer}", told, f"missing sizes {missing}")
        report.check(f"a listen of {kind} is told of what was there before",
                     await listening.wait_for("added", lasting[kind]["before"], 5))
        await expiries(listening, kind, short[kind], lasting[kind], put_at, report)


async def expiries(listening, kind, short, lasting, put_at, report):
    clock = asyncio.get_running_loop().time
    for writer, wanted in short.items():
        told = await listening.wait_for("expired", wanted, max(1.0, put_at + 85 - clock()))
        missing = [len(d) for d in wanted if d not in listening.told("expired")]
        report.check(f"a listen of {kind} is told that values of {writer} expired", told, f"missing sizes {missing}")
    early = [moment - put_at for moment, event, _ in listening.events if event == "expired" and moment - put_at < 55]
    report.check(f"a listen of {kind} is told of no expiry before its time", not early, f"after {early} s")
    twice = [len(d) for d in set(listening.told("expired")) if listening.told("expired").count(d) > 1]
    report.check(f"a listen of {kind} is told of each expiry once", not twice, f"sizes {twice}")
    too_much = [len(d) for d in listening.told("expired") if any(d in values for values in lasting.values())]
    report.check(f"a listen of {kind} keeps what lasts", not too_much, f"sizes {too_much}")
    await listening.cancel()
