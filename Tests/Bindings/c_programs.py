"""Whole programs on the C library, in the place of the reference's and beside its nodes: dhtcnode, cbench, encrypted values."""

import asyncio
import json
import os
import re
import socket
import subprocess
import time

from build import HERE, ROOT, WITH_OURS, WITH_REFERENCE, command, how_it_ended, ours, sha1_of
from peers import Driver, Missing, Node

SOURCES = HERE / "c"
SCRIPT = ("ll", "p foo bar", "g foo", "l foo", "p foo baz", "nonsense", "l 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33",
          "la", "g nothing-here", "p deep water-under-the-bridge")


def encrypted_for_reference(report, programs, people):
    """proves: B-11"""
    report.section("Encrypted for nodes of the reference")
    try:
        asyncio.run(encrypted_for_kinds(report, programs, people))
    except Missing as missing:
        report.check("the peers are installed", False, str(missing))


async def encrypted_for_kinds(report, programs, people):
    for kind, interface, flags in (("2.4.12", 2, WITH_REFERENCE), ("4.4.2", 4, WITH_OURS)):
        program = programs.compile(report, SOURCES / "seal.c", *flags, name=f"seal-{interface}")
        if not program:
            continue
        driver = await Driver(kind).launch()
        try:
            node = await Node(driver, 0).start(bits=2048)
            recipient = node.key_id if interface == 2 else node.long_id
            writer = await asyncio.create_subprocess_exec(
                str(program), str(people[0]), str(node.port4), recipient, f"sealed {kind}", "only for you",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, **ours()})
            try:
                line = (await asyncio.wait_for(writer.stdout.readline(), 60)).decode().strip()
                report.check(f"B-11 libopendht-c.so.{interface} encrypts to the {len(recipient) // 2}-byte id of a {kind} node",
                             line.startswith("ok"), line)
                key = sha1_of(f"sealed {kind}")
                found = (await node.get(key))["found"]
                data = [value["data"] for value in found.values()]
                report.check(f"B-11 the {kind} node reads it", data == ["b25seSBmb3IgeW91"], str(found))
                writer.stdin.write(b"\n")
                await asyncio.wait_for(writer.wait(), 20)
                report.check(f"the writer for {kind} ends well", writer.returncode == 0, str(writer.returncode))
            finally:
                if writer.returncode is None:
                    writer.kill()
                    await writer.wait()
        finally:
            await driver.end()


def shell(report, programs, people):
    """dhtcnode, written against the reference's header: the same script gives the same lines with both libraries.

    proves: B-1 (item 9 of the drop-in list)
    """
    report.section("dhtcnode with both libraries")
    program = programs.compile(report, ROOT / "Bindings" / "c" / "examples" / "dhtcnode.c", *WITH_REFERENCE)
    if not program:
        return
    transcripts = {}
    for name, environment in (("2.4.12", {"LD_LIBRARY_PATH": ""}), ("ours", ours())):
        # The door is always the reference: each library also talks to it.
        transcripts[name] = transcript(program, environment, {"LD_LIBRARY_PATH": ""})
    report.check("B-1 dhtcnode prints the same lines with the reference and with ours", transcripts["2.4.12"] == transcripts["ours"],
                 difference(transcripts))
    for wanted in ("Get callback: bar.", "Get completed: success !", "Put completed: success !", "Listen: new value: baz (total <n>).",
                   "Found public address: 127.0.0.1", "Unkown command: nonsense", "DHT node <id> running on port <port>",
                   "Bootstrap using 127.0.0.1:<port>", "Stopped.", "listen_context_free."):
        report.check(f"dhtcnode says “{wanted}”", wanted in transcripts["ours"], "\n".join(transcripts["ours"]))
    report.check("dhtcnode frees each of its two listens", transcripts["ours"].count("listen_context_free.") == 2,
                 "\n".join(transcripts["ours"]))
    code, out, err = command(program, "--version", environment=ours())
    report.check("dhtcnode --version", out == "OpenDHT version 2.4.12\n", out + err)


def difference(transcripts):
    theirs, mine = transcripts["2.4.12"], transcripts["ours"]
    return (f"only the reference: {sorted(set(theirs) - set(mine))}, only ours: {sorted(set(mine) - set(theirs))}\n        "
            + "\n        ".join(mine))


def transcript(program, environment, door_environment):
    """Lines of a shell in a network of two, without what differs from run to run; callbacks in order of their line."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    door = subprocess.Popen([str(program), "-p", str(port)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                            env={**os.environ, **door_environment})
    typist = None
    try:
        time.sleep(0.3)
        typist = subprocess.Popen([str(program), "-b", f"127.0.0.1:{port}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True, env={**os.environ, **environment})
        time.sleep(1.5)
        for line in SCRIPT:
            typist.stdin.write(line + "\n")
            typist.stdin.flush()
            time.sleep(0.6)
        typist.stdin.close()
        out = typist.stdout.read()
        typist.wait(20)
    finally:
        for process in (typist, door):
            if process and process.poll() is None:
                process.kill()
                process.wait()
    out = re.sub(r"DHT node [0-9a-f]{40} running on port \d+", "DHT node <id> running on port <port>", out)
    out = re.sub(r"^(> )+", "", out.replace(f"127.0.0.1:{port}", "127.0.0.1:<port>"), flags=re.M)
    # The two threads of a shell may print in either order, and values that are there already come in any order.
    return sorted(re.sub(r"total \d", "total <n>", line) for line in out.splitlines() if line)


def bench(report, programs, people):
    """proves: B-1 (cbench.c, compiled once against Debian's package)"""
    report.section("cbench with both libraries")
    program = programs.compile(report, ROOT / "Benchmarks" / "cbench.c", "-O2", "-lopendht-c", "-lpthread", name="cbench")
    if not program:
        return
    for name, environment in (("the reference", {"LD_LIBRARY_PATH": ""}), ("ours", ours())):
        base = consecutive_ports(16)
        code, out, err = command(program, 16, 50, 16, 64, base, 4, environment=environment, seconds=90)
        try:
            line = json.loads(out)
        except ValueError:
            report.check(f"B-1 cbench runs with {name}", False, how_it_ended(code, err) + out[-300:])
            continue
        print(f"        {name}: {out.strip()}")
        whole = line["put_ok"] == line["get_ok"] == 50 and line["pipe_put_ok"] == line["pipe_get_ok"] == line["pipe_n"] and \
            line["listen_got"] == line["listen_n"]
        report.check(f"B-1 cbench runs with {name}: everything stored, found and told", whole, out)


def consecutive_ports(count):
    """The first of so many free ports."""
    for base in range(21000 + os.getpid() % 20000, 60000, count):
        held = []
        try:
            for port in range(base, base + count):
                held.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                held[-1].bind(("0.0.0.0", port))
            return base
        except OSError:
            continue
        finally:
            for each in held:
                each.close()
    raise RuntimeError("no free ports")
