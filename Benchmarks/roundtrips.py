#!/usr/bin/env python3
"""Round trips of a put, a get and a change told to a listener: ours beside the reference, same work, same delay.

64 nodes in one process on loopback, every datagram delayed by wan-delay.so, so that time divided by the round trip
is round trips. The work is that of cbench.c: puts one after the other, gets of them from another node, then puts on
a key that a node listens to. Runs alternate; medians of each run, then the median of the runs. Ours is held against
Thresholds/roundtrips.json: a median above, or anything that failed, ends the run with 1.
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))

from peers import Driver, Missing, Node  # noqa: E402
from values import data_of, key_of  # noqa: E402

MEASURES = {"put": "put", "get_done": "get done", "get_first": "first value", "listen": "put to listener"}
PIPE_IN_FLIGHT = 16
THRESHOLDS = ROOT / "Benchmarks" / "Thresholds" / "roundtrips.json"
# cbench.c measures the idle processor time for so long between `settle` and its first put. Ours waits as long, so that
# both have had the same time to get to know their networks.
IDLE_SECONDS_OF_REFERENCE = 5


async def main():
    options = parse()
    folder = Path(options.folder)
    environment = {"WAN_DELAY_MS": str(options.delay), "LD_PRELOAD": str(folder / "wan-delay.so"), "WAN_STATS": "1"}
    runs = {"2.4.12": [], "ours": []}
    for run in range(options.runs):
        for kind in (["2.4.12", "ours"] if run % 2 == 0 else ["ours", "2.4.12"]):
            if kind not in options.kinds:
                continue
            print(f"run {run + 1} of {options.runs}: {kind}", file=sys.stderr, flush=True)
            if kind == "ours":
                runs[kind].append(await run_ours(options, environment))
            else:
                runs[kind].append(run_reference(options, environment, folder / "cbench-reference"))
    return report(options, runs)


def run_reference(options, environment, program):
    port = 24000 + os.getpid() % 200 * 100
    command = [program, options.nodes, options.ops, PIPE_IN_FLIGHT, options.bytes, port, options.settle]
    done = subprocess.run(list(map(str, command)), env={**os.environ, **environment}, capture_output=True, text=True, timeout=400)
    line = json.loads(done.stdout.strip().splitlines()[-1])
    return {"put": line["put_p50_ms"], "get_done": line["get_p50_ms"], "get_first": line["get_first_p50_ms"],
            "listen": line["listen_p50_ms"], "failed": {"put": options.ops - line["put_ok"], "get": options.ops - line["get_ok"],
                                                        "listen": line["listen_n"] - line["listen_got"]}}


async def run_ours(options, environment):
    driver = await Driver("ours", environment).launch()
    try:
        nodes = [await Node(driver, number).start(ipv6=None) for number in range(options.nodes)]
        for number, node in enumerate(nodes[1:], 1):  # entered as in cbench.c
            await node.bootstrap(nodes[number - 1 if number < 4 else number % 4])
        await asyncio.sleep(options.settle + IDLE_SECONDS_OF_REFERENCE)
        result = {"failed": {"put": 0, "get": 0, "listen": 0}}
        puts, gets, firsts = [], [], []
        for number in range(options.ops):
            reply = await nodes[number % len(nodes)].put(key_of(f"sequence {number}"), data_of(str(number), options.bytes))
            note("put", reply["ok"], puts, reply.get("elapsed"), result)
        for number in range(options.ops):
            reply = await nodes[(number * 7 + 3) % len(nodes)].get(key_of(f"sequence {number}"))
            note("get", reply["found"], gets, reply.get("elapsed"), result)
            if reply.get("first") is not None:
                firsts.append(reply["first"])
        told = await told_after(nodes, options, result)
        for name, seconds in (("put", puts), ("get_done", gets), ("get_first", firsts), ("listen", told)):
            result[name] = statistics.median(seconds) * 1000 if seconds else None
        return result
    finally:
        await driver.end(seconds=15)
        check_delay(driver)


def note(what, good, series, seconds, result):
    """A failure counts, and does not flatter the median."""
    result["failed"][what] += not good
    series.append(seconds if good and seconds is not None else 20.0)


async def told_after(nodes, options, result):
    """Seconds from each put to the moment the listener is told of it."""
    key, told = key_of("listen"), {}
    listening = await nodes[0].listen(key)
    listening.node.driver.listeners[listening.number] = lambda event: told.setdefault(event["value"]["data"], event["at"])
    await asyncio.sleep(2)
    puts = []
    for number in range(options.ops):
        data = data_of(f"listen {number}", options.bytes)
        puts.append((data, await nodes[1 + number % (len(nodes) - 1)].put(key, data)))
    await asyncio.sleep(2)
    seconds = []
    for data, reply in puts:
        at = told.get(base64.b64encode(data).decode())
        good = at is not None and reply.get("at") is not None
        note("listen", good, seconds, at - reply["at"] if good else None, result)
    return seconds


def check_delay(driver):
    """The shim counts what it delayed: nothing counted would mean that nothing was delayed."""
    counted = [line for line in driver.errors if line.startswith("wan: sent ")]
    if not counted or int(counted[-1].split()[2]) == 0:
        raise RuntimeError("no datagram went through wan-delay.so: " + " | ".join(driver.errors[-3:]))


def report(options, runs):
    round_trip = 2 * options.delay
    summary = {"nodes": options.nodes, "operations": options.ops, "bytes": options.bytes, "round_trip_ms": round_trip, "runs": options.runs, "kinds": {}}
    width = max(map(len, MEASURES.values())) + 3
    print(f"{options.nodes} nodes, {options.ops} operations, median of {options.runs} runs, in round trips of {round_trip:g} ms")
    print("".ljust(10) + "".join(title.rjust(width) for title in MEASURES.values()) + "failed".rjust(9))
    for kind, results in runs.items():
        if not results:
            continue
        row = {name: statistics.median(r[name] for r in results) / round_trip for name in MEASURES}
        failed = {what: sum(r["failed"][what] for r in results) for what in ("put", "get", "listen")}
        summary["kinds"][kind] = {**{name: round(value, 2) for name, value in row.items()}, "failed": failed}
        print(kind.ljust(10) + "".join(f"{row[name]:.2f}".rjust(width) for name in MEASURES) + str(sum(failed.values())).rjust(9))
    print(json.dumps(summary))
    if options.json:
        Path(options.json).write_text(json.dumps(summary, indent=2) + "\n")
    ours = summary["kinds"].get("ours")
    return judge(ours) if ours else 0


def judge(ours):
    """Says of each measure of ours whether it keeps to its threshold; the exit code."""
    bad = 0
    for name, allowed in json.loads(THRESHOLDS.read_text()).items():
        is_kept = ours[name] <= allowed
        bad += not is_kept
        print(f"  {'ok   ' if is_kept else 'FAIL '} {MEASURES[name]}: {ours[name]:.2f} round trips of at most {allowed:g}")
    failed = sum(ours["failed"].values())
    print(f"  {'FAIL ' if failed else 'ok   '} {failed} operations of ours failed")
    return 1 if bad or failed else 0


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, default=64)
    parser.add_argument("--ops", type=int, default=40)
    parser.add_argument("--bytes", type=int, default=64)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay", type=float, default=25, help="one way, in milliseconds")
    parser.add_argument("--settle", type=int, default=15, help="seconds between joining and measuring")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=["2.4.12", "ours"])
    parser.add_argument("--json", help="file for the figures")
    parser.add_argument("--folder", default=str(ROOT / ".build" / "benchmarks"), help="where Scripts/roundtrips put its programs")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except Missing as error:
        sys.exit(f"roundtrips: {error}")
