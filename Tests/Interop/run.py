#!/usr/bin/env python3
"""Our nodes among real ones: everything that can be seen from outside. See Scripts/interop."""

import argparse
import asyncio
import itertools
import random
import sys
import time

import commands
import hostile
import index
import joining
import listens
import permanents
import proxy
import queries
import refused
import secure
import separation
import values
from network import Network, launch
from peers import KINDS, Missing
from report import Report

PARTS = ("values", "listens", "permanents", "queries", "separation", "secure", "joining", "hostile", "commands", "index", "proxy")

async def main():
    options = parse()
    report = Report()
    print(f"seed {options.seed}; kinds {', '.join(options.kinds)}")
    numbers = itertools.count()
    drivers = {}
    try:
        drivers = await launch(options.kinds)
        await asyncio.wait_for(everything(options, report, drivers, numbers), options.limit)
    except Missing as error:
        report.check("peers are there", False, str(error))
    except asyncio.TimeoutError:
        report.check(f"done within {options.limit} s", False)
    finally:
        for kind, driver in drivers.items():
            report.check(f"the process of {kind} lives to the end", driver.is_running, " | ".join(driver.errors[-3:]))
        await asyncio.gather(*(driver.end() for driver in drivers.values()))
    return report.close()


async def everything(options, report, drivers, numbers):
    wants = lambda name: not options.only or name in options.only
    source = random.Random(options.seed)
    each = -(-30 // len(options.kinds))

    report.section(f"one network of {each * len(options.kinds)} nodes, IPv4 and IPv6")
    network = await Network(drivers, source).grow(each, numbers)
    for family in "46":
        fewest = await network.settled(family, 6, 45)
        report.check(f"IPv{family}: every node knows 6 good nodes", min(fewest.values()) >= 6, f"fewest known: {fewest}")
    slow = []  # what waits for a lifetime to end, beside the rest
    if wants("listens"):
        slow.append(asyncio.create_task(listens.changes(network, report)))
    if wants("permanents"):
        slow.append(asyncio.create_task(permanents.kept_alive(network, report, numbers)))
    if wants("separation"):
        slow.append(asyncio.create_task(separation.network_ids(network, report, numbers)))
        slow.append(asyncio.create_task(separation.client_mode(network, report, numbers)))
    if wants("secure"):
        slow.append(asyncio.create_task(secure.everything(network, report, numbers)))
    if wants("proxy") and "ours" in drivers:
        slow.append(asyncio.create_task(proxy.everything(report)))
    if wants("values"):
        report.section(f"values, {options.keys} keys")
        await values.write_and_read(network, report, options.keys, "both families")
    if wants("queries"):
        report.section("queries, filters and pings")
        await queries.select_and_where(network, report)
        await queries.pings(network, report)
    if wants("values"):
        report.section("IPv6 alone")
        alone = await Network(drivers, source).grow(4, numbers, ipv4=None)
        await alone.settled("6", 6, 30)
        await values.write_and_read(alone, report, options.keys // 10, "IPv6 alone")
    if wants("index"):
        report.section("the prefix index")
        await index.everything(network, report)
    if wants("joining"):
        report.section("joining through one node")
        await joining.reference_joins_ours(report, drivers, numbers)
        await joining.ours_joins_reference(report, drivers, numbers)
    if wants("hostile") and "ours" in drivers:
        report.section("bad packets")
        await hostile.malformed(report)
        await hostile.rate_limit(report)
        await hostile.floods(report)
    if wants("secure") and "ours" in drivers:
        report.section("bad signatures and cyphers")
        await refused.values(report)
    if wants("commands") and "ours" in drivers:
        report.section("commands")
        await commands.bad_arguments(report)
    if slow:
        report.section("listens, permanent values, network ids, client mode, signed and encrypted values")
        for result in await asyncio.gather(*slow, return_exceptions=True):
            if isinstance(result, BaseException):
                report.check("ran to its end", False, f"{type(result).__name__}: {result}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=list(KINDS), help="kinds of nodes, by commas")
    parser.add_argument("--keys", type=int, default=500)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--limit", type=float, default=560, help="seconds after which the run has failed")
    parser.add_argument("--only", nargs="*", type=lambda text: text.split(","), default=[],
                        help="parts to run, by commas or spaces: " + ", ".join(PARTS))
    options = parser.parse_args()
    options.only = [name for names in options.only for name in names]
    if unknown := sorted(set(options.only) - set(PARTS)):
        parser.error(f"unknown parts: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return options


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
