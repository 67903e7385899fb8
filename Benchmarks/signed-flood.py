#!/usr/bin/env python3
"""How long a ping of our node takes while signed values pour in, beside the same without.

2000 values a minute, each signed with RSA-4096 and different from all others, are put to one node of ours in parts, as
peers send them; another address pings it all the while. Phases with and without the flood alternate, so that both see the
same machine. Held against Benchmarks/Thresholds/signed-flood.json.
"""

import argparse
import asyncio
import base64
import json
import os
import random
import select
import socket
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))

from messagepack import pack  # noqa: E402
from peers import Driver, Node  # noqa: E402
from wire import HandmadePeer  # noqa: E402

THRESHOLDS = ROOT / "Benchmarks" / "Thresholds" / "signed-flood.json"
PART_BYTES = 1280
RATE = 2000 / 60


async def main():
    options = parse()
    allowed = json.loads(THRESHOLDS.read_text())
    half = options.seconds / 2
    values = await make(int(half * RATE) + 1, options.bits)
    driver = await Driver("ours").launch()
    node = await Node(driver, 0).start(limited=True)
    pings = {"without": [], "with": []}
    lost, cpu = {"without": 0, "with": 0}, {"without": 0.0, "with": 0.0}
    flood = Flood(node.port4, values)
    rounds = max(1, round(half / 5))
    await asyncio.to_thread(ping, node.port4, 0.5)  # warm
    for _ in range(rounds):
        for phase in ("without", "with"):
            began = processor_seconds(driver.pid)
            sending = asyncio.create_task(asyncio.to_thread(flood.send, half / rounds)) if phase == "with" else None
            times, missed = await asyncio.to_thread(ping, node.port4, half / rounds)
            if sending:
                await sending
            pings[phase] += times
            lost[phase] += missed
            cpu[phase] += processor_seconds(driver.pid) - began
    stored = flood.stored()
    alive = driver.is_running
    await driver.end()
    return judge(options, allowed, pings, lost, cpu, half, flood, stored, alive)


def judge(options, allowed, pings, lost, cpu, half, flood, stored, alive):
    p99 = {phase: percentile(times, 0.99) for phase, times in pings.items()}
    for phase in ("without", "with"):
        times = pings[phase]
        print(f"{phase:8} the flood: p50 {percentile(times, 0.5):6.2f} ms   p99 {p99[phase]:6.2f} ms   most {max(times):6.2f} ms   "
              f"{len(times)} pings, {lost[phase]} lost   CPU {100 * cpu[phase] / half:4.1f} % of a core")
    print(f"{flood.sent} values with RSA-{options.bits} signatures in {half:.0f} s ({60 * flood.sent / half:.0f} a minute): "
          f"{flood.acknowledged} acknowledged, {stored[0]} of {stored[1]} looked up are stored; "
          f"{1000 * (cpu['with'] - cpu['without']) / max(1, flood.sent):.2f} ms of CPU each")
    checks = {
        f"p99 with the flood is at most {allowed['p99 more, ms']} ms above that without": p99["with"] <= p99["without"] + allowed["p99 more, ms"],
        "no ping is lost": lost["with"] <= lost["without"],
        "all values are acknowledged": flood.acknowledged == flood.sent,
        "they are stored": stored[0] == stored[1],
        "the node lives": alive,
    }
    for name, good in checks.items():
        print(f"  {'ok  ' if good else 'FAIL'}  {name}")
    bad = list(checks.values()).count(False)
    print(f"{len(checks) - bad} passed, {bad} failed")
    return 1 if bad else 0


async def make(count, bits):
    """Values as they stand on the wire, signed by one owner."""
    driver = await Driver("ours").launch()
    await Node(driver, 0).start(bits=bits)
    reply = await driver.call("seal", 120, node=0, data=base64.b64encode(os.urandom(100)).decode(), count=count)
    await driver.end()
    if not reply["ok"]:
        sys.exit(f"cannot make values: {reply}")
    return [base64.b64decode(packed) for packed in reply["packed"]]


class Flood:
    """A peer that puts values at a steady rate, each to its own key near the node."""

    def __init__(self, port, values):
        self.peer = HandmadePeer(port)
        self.values = iter(enumerate(values))
        self.token = self.peer.token()
        self.keys, self.waiting = [], set()
        self.sent = self.acknowledged = 0

    def send(self, seconds):
        began, count = time.monotonic(), 0
        while (now := time.monotonic()) < began + seconds:
            due = began + count / RATE
            if now < due:
                self.listen(due - now)
                continue
            if (entry := next(self.values, None)) is None:
                break
            self.put(entry[1])
            count += 1
        self.listen(0.5)

    def put(self, packed):
        key = os.urandom(20)
        t = self.peer.request("put", {"h": key, "values": [len(packed)], "token": self.token})
        for offset in range(0, len(packed), PART_BYTES):
            part = packed[offset:offset + PART_BYTES]
            self.peer.raw(pack({"y": "p", "t": t, "p": {0: {"o": offset, "d": part}}}))
        self.keys.append(key)
        self.waiting.add(t)
        self.sent += 1

    def listen(self, seconds):
        for message in self.peer.messages(seconds):
            if "r" in message and message.get("t") in self.waiting:
                self.waiting.remove(message["t"])
                self.acknowledged += 1

    def stored(self, count=30):
        """How many of some keys have their value now, of how many."""
        sample = random.sample(self.keys, min(count, len(self.keys)))
        found = 0
        for key in sample:
            answer = self.peer.ask("get", {"h": key})
            found += bool(answer and answer["r"].get("values"))
        return found, len(sample)


def ping(port, seconds, per_second=200):
    """Round trips in milliseconds, at a steady rate from an address of its own; and how many got no answer."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.2", 0))
    target, identifier = ("127.0.0.1", port), os.urandom(20)
    times, lost, began = [], 0, time.monotonic()
    for number in range(int(seconds * per_second)):
        time.sleep(max(0, began + number / per_second - time.monotonic()))
        packet = pack({"a": {"id": identifier}, "q": "ping", "t": number + 1, "y": "q", "v": "test"})
        sent = time.perf_counter()
        sock.sendto(packet, target)
        # Others' answers may be late: only the own one counts.
        while select.select([sock], [], [], 1)[0]:
            if pack(number + 1) in sock.recv(2048):
                times.append(1000 * (time.perf_counter() - sent))
                break
        else:
            lost += 1
    sock.close()
    return times, lost


def processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="of measuring, half of them under the flood")
    parser.add_argument("--bits", type=int, default=4096)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
