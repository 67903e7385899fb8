#!/usr/bin/env python3
"""The Python module beside those of OpenDHT 2.4.12 and 4.4.2, in networks with their nodes.

OPENDHT_PREFIX names the folder with lib/libopendht-c.so.4, .build/bindings by default. Arguments: names of parts, or all.
"""

import asyncio
import contextlib
import json
import re
import socket
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import python_tables as tables
from build import HERE, LIBRARIES, ROOT  # finds the folder Interop too
from readme import blocks

from joining import run
from peers import Driver, Missing, Node, Shell, command_of
from report import Report

BINDING = ROOT / "Bindings" / "python"
LIBRARY = LIBRARIES / "libopendht-c.so.4"
DHTNODE = Path("/usr/bin/dhtnode")
OURS = {"PYTHONPATH": str(BINDING), "OPENDHT_LIBRARY": str(LIBRARY)}


async def main():
    report = Report()
    try:
        if not LIBRARY.exists():
            raise Missing(f"no {LIBRARY}: run Scripts/c-library, or let OPENDHT_PREFIX name a folder that has it")
        if not DHTNODE.exists():
            raise Missing("no dhtnode 2.4.12: run Scripts/peers")
        for part in [part for part in PARTS if not sys.argv[1:] or part.__name__ in sys.argv[1:]]:
            report.section(part.__name__)
            try:
                await part(report)
            except (Missing, OSError, RuntimeError, asyncio.TimeoutError) as error:
                report.check(part.__name__, False, f"{type(error).__name__}: {error}")
    except Missing as error:
        report.check("what the tests need is installed", False, error)
    return report.close()


async def interface(report):
    """Every class, method, property and keyword of bindings.md §2 and of both real modules is in ours. proves: B-13"""
    kinds = ("2.4.12", "4.4.2", "ours")
    described = dict(zip(kinds, await asyncio.gather(*(describe(kind) for kind in kinds))))
    mine = described["ours"]
    for kind, version in (("2.4.12", 2), ("4.4.2", 4)):
        theirs = described[kind]
        missing = lacking(theirs, mine)
        report.check(f"B-13: {kind} has nothing that ours lacks", not missing, missing)
        unknown = sorted(set(tables.named(tables.CLASSES, version)) ^ set(theirs["classes"]) - {"timedelta", "_WithID"})
        report.check(f"B-13: the table names the classes of {kind}, all of them", not unknown, unknown)
        for name, members in tables.named(tables.CLASSES, version).items():
            members = tables.named(members, version)
            there, here = theirs["classes"].get(name, {}), mine["classes"].get(name, {})
            wrong = [f"{member} is not in {kind}" for member in members if member not in there]
            wrong += [f"{member} is not in the table" for member in there if member not in members and member != "__init__"]
            wrong += [f"{member}({', '.join(arguments)}) is {here.get(member)} here" for member, arguments in members.items()
                      if arguments and (here.get(member) or [])[:len(arguments)] != arguments]
            wrong += [f"{member}: {there[member]} in {kind}" for member, arguments in members.items()
                      if arguments and there.get(member) and there[member] != arguments]
            report.check(f"B-13: {name} as in {kind}: " + ", ".join(m for m in members if m[:2] != "__"), not wrong, "; ".join(wrong))
        functions = tables.named(tables.FUNCTIONS, version)
        wrong = [name for name, arguments in functions.items() if mine["functions"].get(name) != arguments]
        wrong += [name for name in tables.named(dict.fromkeys(tables.OTHERS), version) if name not in mine["others"]]
        wrong += [name for name in theirs["star"] if name not in mine["star"]]
        report.check(f"B-13: functions and other names, also by `import *`, as in {kind}", not wrong, wrong)
    aio, theirs = mine["aio"] or {}, described["4.4.2"]["aio"]
    wrong = [f"{name}({arguments}): {aio.get(name)} here, {theirs.get(name)} there" for name, arguments in tables.AIO.items()
             if aio.get(name) != arguments or theirs.get(name) != arguments]
    wrong += [name for name in theirs if name not in aio] + [name for name in tables.AIO_NAMES if name not in mine["aio_names"]]
    report.check("B-13 B-22: opendht.aio: names and arguments as in 4.4.2", not wrong, wrong)
    names = {name for name in described["4.4.2"]["core"]} - set(mine["core"])
    report.check("B-13: opendht._core: names as in 4.4.2", not names and mine["core"], names)


def lacking(theirs, mine):
    """What one module has and the other has not, as the first describes itself."""
    missing = [name for name in theirs["others"] if name not in mine["others"]]
    for name, members in theirs["classes"].items():
        here = mine["classes"].get(name, {})
        for member, arguments in members.items():
            if member not in here:
                missing.append(f"{name}.{member}")
            elif arguments and (here[member] or [])[:len(arguments)] != arguments:
                missing.append(f"{name}.{member}({', '.join(arguments)})")
    return missing


async def describe(kind):
    code, out, err = await python(kind, HERE / "python_describe.py")
    if code:
        raise RuntimeError(f"{kind} cannot be described: {err[-500:]}")
    return json.loads(out)


async def operations(report):
    """One file of operations, with the same results by each module. proves: B-13 B-22"""
    kinds = ("2.4.12", "4.4.2", "ours")
    told = [await lines_of(report, kind, "python_operations.py") for kind in kinds]
    for kind, lines in zip(kinds[:2], told):
        compare(report, "operations", kind, lines, told[2])
    told = [await lines_of(report, kind, "python_operations4.py") for kind in kinds[1:]]
    compare(report, "operations of 4.x and asyncio", "4.4.2", *told)


async def lines_of(report, kind, file):
    """In a network of its own: the nodes that a program leaves behind dead would delay the next."""
    async with network() as door:
        began = time.monotonic()
        code, out, err = await python(kind, HERE / file, door, uuid.uuid4().hex, seconds=90)
    report.check(f"{file} runs on {kind} ({time.monotonic() - began:.1f} s)", code == 0, f"exit {code}: {err[-800:]}")
    return out.splitlines()


def compare(report, what, kind, theirs, mine):
    wrong = [f"{kind}: {line}\n        ours: {other}" for line, other in zip(theirs, mine) if line != other]
    if len(theirs) != len(mine):
        wrong.append(f"{len(theirs)} lines by {kind}, {len(mine)} by ours")
    report.check(f"{what}: all {len(theirs)} lines as by {kind}", theirs and not wrong, "\n        ".join(wrong))


async def documented(report):
    """What OpenDHT's README shows, and what ours shows, exactly as written. proves: B-14"""
    async with network() as door:
        code, out, err = await python("ours", HERE / "python_programs" / "readme.py", door)
        report.check("B-14: README, blocking", code == 0 and re.search(r"Value\[id:\w+ data:736f6d65", out), f"{code} {out} {err[-500:]}")
        code, out, err = await python("ours", HERE / "python_programs" / "readme_asyncio.py", door)
        report.check("B-14: README, asyncio", code == 0 and out.count("736f6d652062696e") >= 2 and "new Value" in out,
                     f"{code} {out} {err[-500:]}")
    for number, block in enumerate(blocks("python", "python"), 1):
        code, out, err = await python("ours", "-c", block)
        report.check(f"example {number} of our README, {block.count(chr(10))} lines", (code, out) == (0, "hello\n"),
                     f"{code} {out} {err[-500:]}")


async def programs(report):
    """Programs in the manner of the reference's tools. On the reference some of them hang at their end, where its join()
    waits for a callback that waits for it. proves: B-15"""
    folder = HERE / "python_programs"
    code, out, err = await python("ours", folder / "pingpong.py", 512)
    speed = re.search(r"([\d.]+) ms per rt", out)
    report.check(f"B-15: pingpong: {speed and speed.group(1)} ms a round trip", code == 0 and "512 ping-pong done" in out,
                 f"{code} {out} {err[-500:]}")
    async with network() as door:
        code, out, err = await python("ours", folder / "network_monitor.py", "-b", f"127.0.0.1:{door}", "-p", 0.1, "-c", 3)
        report.check("B-15: network_monitor", code == 0 and out.count("Test completed successfully in") == 3,
                     f"{code} {out} {err[-500:]}")
        code, out, err = await python("ours", folder / "network_monitor.py", "-b", f"127.0.0.1:{free_port()}", "-t", 1, "-c", 1)
        report.check("B-15: network_monitor ends with 1 when values are missing", code == 1 and "Test timeout !" in out, f"{code} {out}")
        await http_server(report, folder, door)
    await cluster(report, folder)


async def cluster(report, folder):
    port = free_port(4)
    lines = "ll\nnode 2\nll\nls\nnode\nresize 4\nll\nnode 9\nresize x\nls\nresize 2\nll\nexit\n"
    with tempfile.TemporaryDirectory() as logs:
        code, out, err = await python("ours", folder / "dhtcluster.py", "-n", 3, "-p", port, "-l", f"{logs}/n", stdin=lines)
        written = sorted(path.name for path in Path(logs).iterdir())
    wanted = ["3 nodes running.", r"Node [0-9a-f]{40}", "searches", "4 nodes running.", "Invalid node number: 9",
              r"Can't resize: invalid literal", "No node selected.", "2 nodes running."]
    places = [match and match.start() for match in (re.search(line, out) for line in wanted)]
    report.check("B-15: dhtcluster: its shell, ll with a node chosen too", code == 0 and None not in places and places == sorted(places),
                 f"{code} {out} {err[-500:]}")
    report.check("B-15: dhtcluster: its nodes and their logs",
                 f"Running node on port {port} with bootstrap ('0.0.0.0', '{port}')" in err and "Ending node cluster" in err
                 and written == [f"n{k}.log" for k in range(4)], f"{err[-500:]} {written}")


async def http_server(report, folder, door):
    server = Shell("/usr/bin/env", *environment("ours"), sys.executable, folder / "http_server.py", "-p", 0, "-hp", 0,
                   "-b", f"127.0.0.1:{door}")
    await server.start()
    port = await server.expect(r"serving (\d+)", 20)

    def ask(path, fields=None):
        body = urllib.parse.urlencode(fields).encode() if fields is not None else None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port.group(1)}/{path}", body, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    answers = []
    if port:
        for path, fields in (("room", {"data": "hello", "id": 5, "user_type": "text/plain"}), ("room", {"base64": "aGk=", "id": 6}),
                             ("room", {"user_type": "x"}), ("room", None), ("room?id=6", None), ("room?user_type=text/plain", None)):
            answers.append(await asyncio.to_thread(ask, path, fields))
    five, six = {"5": {"base64": "aGVsbG8="}}, {"6": {"base64": "aGk="}}
    wanted = [(200, {"success": True})] * 2 + [(400, {"success": False, "error": "no data parameter"}), (200, {**five, **six}),
                                               (200, six), (200, five)]
    report.check("B-15: http_server stores, finds, filters and refuses", answers == wanted, f"{answers} {server.errors[-3:]}")
    await server.end(1)


async def endings(report):
    """A storm of callbacks, the end of the interpreter, forgotten nodes, forks, Control-C. proves: B-17"""
    parts = {"storm": "a storm of callbacks from operations of 8 threads", "leave": "the interpreter ends while operations run",
             "forget": "nodes are dropped while operations run, in a callback too", "fork": "parent and child of a fork",
             "join": "B-17: join while a callback sleeps", "together": "two threads join a node that a third uses", "interrupt": "Control-C ends a call that waits",
             "kill": "a hook of the application at exit, with nodes that run"}
    alone = {"stuck": "the interpreter ends while a callback waits for ever", "impatient": "or at Control-C, as a join does",
             "with": "Control-C at the end of a `with` leaves no node", "locked": "a node dropped where its callback wants a lock",
             "begun": "Control-C right after an operation began", "copies": "one value, read and written by five threads"}
    for part, name in {**parts, **alone}.items():
        async with contextlib.nullcontext("none") if part in alone else network() as door:
            code, out, err = await python("ours", HERE / "python_endings.py", part, door, seconds=60)
        report.check(f"{name} ({out.splitlines()[0] if out.count(chr(10)) > 1 else 'done'})",
                     code == 0 and "done" in out and (part != "fork" or "child done" in out) and "Exception" not in err,
                     f"exit {code}: {out[-300:]} {err[-800:]}")


async def ours(report):
    """What only ours does right. proves: B-13 B-16 B-18 B-19 B-20 B-21 B-22"""
    async with network() as door:
        code, out, err = await python("ours", HERE / "python_ours.py", door, seconds=60)
    results = [line.split(" ", 1) for line in out.splitlines() if line.startswith(("ok ", "FAIL "))]
    for verdict, name in results:
        report.check(name, verdict == "ok", err[-600:])
    report.check("every one of these ran to its end", code == 0 and len(results) > 20 and out.endswith("done\n"),
                 f"exit {code}, {len(results)} results: {out[-300:]} {err[-1500:]}")


async def wheel(report):
    """`pip install` of the folder, into a place of its own; the module finds the library that it carries."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "venv"
        code, out, err = await run(sys.executable, "-m", "venv", fresh, seconds=60)
        code, out, err = await run("/usr/bin/env", "-u", "PYTHONPATH", f"OPENDHT_LIBRARY={LIBRARY}", fresh / "bin" / "python", "-m", "pip",
                                   "install", "-q", "--disable-pip-version-check", BINDING, seconds=120)
        report.check("pip install ./Bindings/python", code == 0, f"exit {code}: {out[-500:]} {err[-800:]}")
        code, out, err = await run("/usr/bin/env", "-u", "PYTHONPATH", "-u", "OPENDHT_LIBRARY", "-C", folder, fresh / "bin" / "python",
                                   "-c", blocks("python", "python")[0] + "import opendht\nprint(opendht.__file__)\n")
        report.check("our README's first use, with what was installed", code == 0 and out.startswith(f"hello\n{fresh}"),
                     f"exit {code}: {out[-500:]} {err[-800:]}")
        wrong = {"OPENDHT_LIBRARY": "/nowhere/lib.so", "PYTHONPATH": str(BINDING)}
        code, out, err = await run("/usr/bin/env", *(f"{name}={value}" for name, value in wrong.items()), sys.executable, "-c",
                                   "import opendht")
        report.check("without a library: ImportError, that says what to do", code == 1 and "ImportError: opendht needs the C library" in err
                     and "OPENDHT_LIBRARY" in err, err[-500:])


# ---- parts


def environment(kind):
    """Arguments of env(1) for the interpreter of a module: none may see the module of another."""
    clean = ["-u", "PYTHONPATH", "-u", "PYTHONHOME", "-u", "OPENDHT_LIBRARY"]
    return clean + ([f"{name}={value}" for name, value in OURS.items()] if kind == "ours" else [])


async def python(kind, *arguments, stdin="", seconds=30):
    interpreter = sys.executable if kind == "ours" else command_of(kind)[0]
    return await run("/usr/bin/env", *environment(kind), interpreter, *arguments, stdin=stdin.encode(), seconds=seconds)


@contextlib.asynccontextmanager
async def network():
    """The port of a new network: a dhtnode 2.4.12, and two nodes each of the modules of 2.4.12 and 4.4.2."""
    drivers, shell = [], None
    try:
        for kind in ("2.4.12", "4.4.2"):
            drivers.append(await Driver(kind).launch())
        nodes = []
        for number, driver in enumerate(drivers * 2):
            node = await Node(driver, number).start()
            await node.bootstrap(*nodes)
            nodes.append(node)
        shell = await Shell(DHTNODE, "-b", f"127.0.0.1:{nodes[0].port4}").start()
        if not await shell.expect("OpenDHT node [0-9a-f]{40} running", 10):
            raise RuntimeError(f"dhtnode does not start: {shell.lines}")
        yield nodes[0].port4
    finally:
        await asyncio.gather(*(process.end(2) for process in [*drivers, shell] if process))


def free_port(count=1) -> int:
    """The first of so many ports that nobody has, of both families."""
    while True:
        with contextlib.ExitStack() as held:
            try:
                first = held.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
                first.bind(("::", 0))
                port = first.getsockname()[1]
                for number in range(port + 1, port + count):
                    held.enter_context(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)).bind(("::", number))
                return port
            except (OSError, OverflowError):
                continue


PARTS = (interface, operations, documented, programs, endings, ours, wheel)

if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
