"""Whole programs on the C library, in the place of the reference's and beside its nodes: dhtcnode, cbench, encrypted values."""

import asyncio
import json
import os
import re

from build import HERE, ROOT, WITH_OURS, WITH_REFERENCE, command, how_it_ended, ours, sha1_of
from peers import Driver, Missing, Node
from shell import Shell

SOURCES = HERE / "c"
EXAMPLE = ROOT / "Bindings" / "c" / "examples" / "dhtcnode.c"
# Each line with what it must bring before the next one is typed.
SCRIPT = (("ll", "DHT node"), ("p foo bar", "Put completed"), ("g foo", "Get callback: bar", "Get completed"),
          ("l foo", "new value: bar"), ("p foo baz", "Put completed", "new value: baz"), ("nonsense", "Unkown command"),
          ("l 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33", "new value: bar", "new value: baz"),
          ("la", "Found public address"), ("g nothing-here", "Get completed"), ("p deep water-under-the-bridge", "Put completed"))


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
    program = programs.compile(report, EXAMPLE, *WITH_REFERENCE)
    if not program:
        return
    listen_that_ends_at_once(report, programs)
    transcripts = {}
    for name, environment in (("2.4.12", {"LD_LIBRARY_PATH": ""}), ("ours", ours())):
        # The door is always the reference: each library also talks to it.
        transcripts[name] = transcript(report, name, program, environment, {"LD_LIBRARY_PATH": ""})
    report.check("B-1 dhtcnode prints the same lines with the reference and with ours", transcripts["2.4.12"] == transcripts["ours"],
                 difference(transcripts))
    for wanted in ("Get callback: bar.", "Get completed: success !", "Put completed: success !", "Listen: new value: baz (total <n>).",
                   "Found public address: 127.0.0.1", "Unkown command: nonsense", "DHT node <id> running on port <port>",
                   "Bootstrap using 127.0.0.1:<port>", "Stopped.", "listen_context_free."):
        report.check(f"dhtcnode says “{wanted}”", wanted in transcripts["ours"], "\n".join(transcripts["ours"]))
    report.check("dhtcnode hears the end of each of its two listens", transcripts["ours"].count("listen_context_free.") == 2,
                 "\n".join(transcripts["ours"]))
    code, out, err = command(program, "--version", environment=ours())
    report.check("dhtcnode --version", out == "OpenDHT version 2.4.12\n", out + err)


def listen_that_ends_at_once(report, programs):
    """The example that people copy uses nothing that its callbacks freed."""
    program = programs.compile(report, EXAMPLE, SOURCES / "early_end.c", "-fsanitize=address", *WITH_OURS, name="dhtcnode-early")
    if program:
        code, out, err = command(program, environment=ours(ASAN_OPTIONS="detect_leaks=0"), stdin="l foo\nl bar\nll\n")
        report.check("dhtcnode survives listens that end before they began",
                     code == 0 and out.count("listen_context_free.") == 2 and out.endswith("Stopped.\n"), how_it_ended(code, err) + out)


def difference(transcripts):
    theirs, mine = transcripts["2.4.12"], transcripts["ours"]
    return (f"only the reference: {sorted(set(theirs) - set(mine))}, only ours: {sorted(set(mine) - set(theirs))}\n        "
            + "\n        ".join(mine))


def transcript(report, name, program, environment, door_environment):
    """Lines of a shell in a network of two, without what differs from run to run; callbacks in order of their line."""
    with Shell(program, environment=door_environment) as door:
        door.ask("ll", r"running on port \d+")
        port = re.search(r"running on port (\d+)|$", "\n".join(door.lines))[1]
        with Shell(program, "-b", f"127.0.0.1:{port}", environment=environment) as typist:
            # Once the door told us our address, it is known, and takes values.
            report.check(f"dhtcnode with {name} meets the door",
                         any(typist.ask("la", "Found public address", seconds=0.2) for _ in range(100)), str(typist.lines))
            said = [line for line in typist.lines if "Bootstrap" in line]
            typist.forget()
            unanswered = [line for line, *answers in SCRIPT if not typist.ask(line, *answers)]
            report.check(f"dhtcnode with {name} answers each line", not unanswered, f"{unanswered} in {typist.lines}")
            report.check(f"dhtcnode with {name} ends when its input does", typist.leave())
            out = "\n".join(said + typist.lines)
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
        code, out, err = command(program, 16, 50, 16, 64, 0, 4, environment=environment, seconds=90)
        try:
            line = json.loads(out)
        except ValueError:
            report.check(f"B-1 cbench runs with {name}", False, how_it_ended(code, err) + out[-300:])
            continue
        print(f"        {name}: {out.strip()}")
        whole = line["put_ok"] == line["get_ok"] == 50 and line["pipe_put_ok"] == line["pipe_get_ok"] == line["pipe_n"] and \
            line["listen_got"] == line["listen_n"]
        report.check(f"B-1 cbench runs with {name}: everything stored, found and told", whole, out)
