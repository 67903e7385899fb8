"""A node that knows one other, of the other kind, and through it the whole network."""

import asyncio
import base64
import json
import random
import re
import shutil
from pathlib import Path

from network import Network
from peers import Missing, Shell, executable
from values import key_of


def reference_shell() -> Path:
    if path := shutil.which("dhtnode", path="/usr/bin:/usr/local/bin"):
        return Path(path)
    raise Missing("no dhtnode of 2.4.12: run Scripts/peers")


async def reference_joins_ours(report, drivers, numbers, kind="ours"):
    """The real dhtnode of 2.4.12 knows only a node of ours; it puts, gets, queries and listens through it.

    proves: T-8
    """
    if kind not in drivers:
        return
    ours = await Network({kind: drivers[kind]}, random.Random(1)).grow(8, numbers)
    await ours.settled("4", 6, 20)
    await asyncio.gather(
        join_by(report, ours, "IPv4", f"127.0.0.1:{ours.nodes[3].port4}"),
        join_by(report, ours, "IPv6", f"[::1]:{ours.nodes[5].port6}"))


async def join_by(report, network, family, host):
    shell = await Shell(reference_shell(), "-b", host).start()
    await use_shell(report, shell, f"dhtnode of 2.4.12 through our node, {family}", network, key=f"joined-{family}")
    shell.write("x")
    await shell.end()


async def ours_joins_reference(report, drivers, numbers, kind="2.4.12"):
    """Our node, our dhtnode and our dht know only one dhtnode of 2.4.12.

    proves: T-7 T-8 T-30
    """
    if "ours" not in drivers or kind not in drivers:
        return
    theirs = await Network({kind: drivers[kind]}, random.Random(1)).grow(8, numbers)
    await theirs.settled("4", 6, 20)
    door = await Shell(reference_shell(), "-b", f"127.0.0.1:{theirs.nodes[2].port4}").start()
    port = (await door.expect(r"running on (?:IPv4 )?port (\d+)")).group(1)
    await connected(door)

    shell = await Shell(executable("dhtnode"), "-b", f"127.0.0.1:{port}").start()
    await use_shell(report, shell, "our dhtnode through a dhtnode of 2.4.12", theirs, key="joined-theirs")
    shell.write("x")
    code = await shell.end()
    report.check("our dhtnode ends with 0 on x", code == 0, f"exit {code}; {shell.errors[-3:]}")

    await use_dht(report, theirs, port)
    await use_pipe(report, port)
    door.write("x")
    await door.end()


async def connected(shell, good=3, seconds=20) -> bool:
    """Whether the shell knows some good nodes of a family within the time."""
    for _ in range(int(seconds)):
        after = len(shell.lines)
        await shell.type("ll", r"^IPv6 stats", 3)
        await shell.expect(r"Known nodes", 1, len(shell.lines))
        known = [int(m.group(1)) for line in shell.lines[after:] if (m := re.search(r"Known nodes: (\d+) good", line))]
        if max(known, default=0) >= good:
            return True
    return False


async def use_shell(report, shell, name, network, key):
    """What a person does first in a shell; each answer as the shell of 2.4.12 words it."""
    report.check(f"{name}: it connects", await connected(shell), "\n".join(shell.lines[-12:] + shell.errors[-3:]))
    line = await shell.type(f"p {key} hello", r"Put: (\w+)")
    report.check(f"{name}: p", line and line.group(1) == "success", "\n".join(shell.lines[-6:]))
    reply = await network.nodes[0].get(key_of(key))
    texts = [base64.b64decode(value["data"]) for value in reply["found"].values()]
    report.check(f"{name}: what it put is found in the network", texts == [b"hello"], str(reply)[:300])

    await network.nodes[1].put(key_of(f"{key}-2"), b"from the network", userType="text/plain")
    line = await shell.type(f"g {key}-2", r'data\(text/plain\):"from the network"')
    report.check(f"{name}: g", line, "\n".join(shell.lines[-6:]))
    line = await shell.type(f"q {key}-2 SELECT id,user_type WHERE user_type=text/plain", r"UserType:text/plain")
    report.check(f"{name}: q", line, "\n".join(shell.lines[-6:]))

    await shell.type(f"l {key}-3", r"Listening, token: (\d+)")
    await network.nodes[2].put(key_of(f"{key}-3"), b"news", userType="text/plain")
    line = await shell.expect(r'data\(text/plain\):"news"', 10)
    report.check(f"{name}: l", line, "\n".join(shell.lines[-6:]))
    line = await shell.type(f"pp {key}-4 lasting", r"Put: (\w+).* Value ID: ([0-9a-f]+)")
    report.check(f"{name}: pp", line and line.group(1) == "success", "\n".join(shell.lines[-6:]))
    if line:
        shell.write(f"cpp {key}-4 {line.group(2)}")


async def run(program, *arguments, stdin=b"", seconds=30.0):
    """(exit code, standard output, standard error) of a command; code None when it had to be ended."""
    process = await asyncio.create_subprocess_exec(
        str(program), *map(str, arguments), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), seconds)
        return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        return None, "", f"still running after {seconds:g} s"


async def use_dht(report, network, port):
    """The one-shot commands, each a node of its own for a moment."""
    dht, door = executable("dht"), ("-b", f"127.0.0.1:{port}")
    code, out, err = await run(dht, "put", "one-shot", "hello world", "--json", *door)
    receipt = parsed(out)
    report.check("dht put --json tells what was stored", code == 0 and receipt.get("ok") is True and receipt.get("stored"),
                 f"exit {code}: {out[:300]} {err[:300]}")
    reply = await network.nodes[0].get(key_of("one-shot"))
    texts = [base64.b64decode(value["data"]) for value in reply["found"].values()]
    report.check("2.4.12 reads what dht put", texts == [b"hello world"], str(reply)[:300])

    data = random.Random(5).randbytes(30000)
    await network.nodes[3].put(key_of("one-shot bytes"), data, userType="x-bytes")
    code, out, err = await run(dht, "get", "one-shot bytes", "--json", *door)
    value = parsed(out)
    same = value.get("data") and base64.b64decode(value["data"]) == data and value.get("userType") == "x-bytes"
    report.check("dht get --json reads what 2.4.12 put", code == 0 and same, f"exit {code}: {out[:200]} {err[:300]}")
    code, out, err = await run(dht, "get", "nothing is here", *door)
    report.check("dht get of an empty key ends with 2", code == 2 and not out, f"exit {code}: {out[:200]} {err[:200]}")
    code, out, err = await run(dht, "query", "one-shot bytes", "SELECT id,user_type", "--json", *door)
    report.check("dht query reads fields from 2.4.12", code == 0 and "x-bytes" in out, f"exit {code}: {out[:200]} {err[:300]}")
    code, out, err = await run(dht, "ping", f"127.0.0.1:{port}")
    report.check("dht ping", code == 0, f"exit {code}: {out[:200]} {err[:300]}")
    code, out, err = await run(dht, "trace", "one-shot bytes", *door)
    report.check("dht trace draws the search", code == 0 and len(out.splitlines()) >= 3, f"exit {code}: {out[:400]} {err[:300]}")


async def use_pipe(report, port):
    """Commands from a pipe: each waits for its result, then the node stops."""
    code, out, err = await run(executable("dhtnode"), "-b", f"127.0.0.1:{port}", stdin=b"p piped hello\ng piped\n")
    put, value = re.search(r"Put: success", out), re.search(r'data\(text/plain\):"hello"', out)
    report.check("dhtnode does the commands of a pipe, then ends", code == 0 and put and value, f"exit {code}: {out[-400:]} {err[-300:]}")


def parsed(out: str) -> dict:
    try:
        return json.loads(out.splitlines()[0])
    except (ValueError, IndexError):
        return {}
