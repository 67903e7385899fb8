"""Bad arguments to our commands: one clear line and the documented exit code, never a crash."""

import asyncio
import socket
import tempfile
from pathlib import Path

from joining import run
from peers import Driver, Node, executable

USAGE, FAILED, NOTHING, NOT_CONNECTED = 64, 1, 2, 69


async def bad_arguments(report):
    """Each mistake a user can make, in both programs.

    proves: T-4 T-16
    """
    dht, dhtnode = executable("dht"), executable("dhtnode")
    driver = await Driver("ours").launch()
    node = await Node(driver, 0).start()
    door = ("-b", f"127.0.0.1:{node.port4}")
    busy = busy_port()
    port = busy[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "big"
        big.write_bytes(b"x" * 70000)
        missing = Path(folder) / "missing"
        cases = [
            ("unknown option", dht, ("get", "key", "--bogus"), (USAGE,), 3),
            ("unknown option", dhtnode, ("--bogus",), (USAGE,), 3),
            ("unknown command", dht, ("bogus",), (USAGE,), 3),
            ("no key", dht, ("get",), (USAGE,), 6),
            ("port over 65535", dht, ("node", "-p", "99999"), (USAGE,), 3),
            ("port over 65535", dhtnode, ("-p", "99999"), (USAGE,), 3),
            ("port that is no number", dhtnode, ("-p", "bogus"), (USAGE,), 3),
            ("network that is no number", dht, ("get", "key", "-n", "bogus", *door), (USAGE,), 3),
            ("busy port", dht, ("node", "-p", port), (FAILED, 73), 1),
            ("busy port", dhtnode, ("-p", port), (FAILED,), 1),
            ("no bootstrap", dht, ("get", "key"), (NOT_CONNECTED,), 1),
            ("unresolvable bootstrap", dht, ("get", "key", "-b", "no-such-host.invalid", "--timeout", "8"), (NOT_CONNECTED,), 2),
            ("unresolvable bootstrap", dhtnode, ("-b", "no-such-host.invalid"), (0,), 1),
            ("silent bootstrap", dht, ("get", "key", "-b", f"127.0.0.1:{silent_port()}", "--timeout", "3"), (NOT_CONNECTED,), 1),
            ("a key of 100000 characters", dht, ("get", "k" * 100000, *door), (NOTHING, USAGE), 1),
            ("an empty key", dht, ("get", "", *door), (NOTHING, USAGE), 3),
            ("the zero key", dht, ("get", "0" * 40, *door), (USAGE, FAILED), 3),
            ("a value over 64 KB", dht, ("put", "key", "--file", big, *door), (USAGE, FAILED), 3),
            ("a file that is not there", dht, ("put", "key", "--file", missing, *door), (USAGE, FAILED, 66), 3),
            ("a malformed query", dht, ("query", "key", "WHERE bogus=1", *door), (USAGE,), 3),
            ("a filter on seq", dht, ("get", "key", "--where", "seq=5", *door), (USAGE, FAILED, NOTHING), 3),
        ]
        results = await asyncio.gather(*(run(program, *arguments, stdin=b"x\n") for _, program, arguments, _, _ in cases))
        for (name, program, arguments, codes, most_lines), (code, out, err) in zip(cases, results):
            lines = [line for line in err.splitlines() if line.strip()]
            good = code in codes and len(lines) <= most_lines and (lines or code in (0, NOTHING))
            report.check(f"{program.name}: {name} ends with {' or '.join(map(str, codes))} and a clear line", good,
                         f"exit {code}, {len(lines)} lines: {err[:300]}")
    for held in busy:
        held.close()
    await shell_goes_on(report, dhtnode)
    report.check("the node asked meanwhile lives", driver.is_running)
    await driver.end()


async def shell_goes_on(report, dhtnode):
    """Malformed commands give a line each, and the shell goes on.

    proves: T-11
    """
    lines = ["bogus", "g", "p", "p key", "cl", "cl key", "cpp", "cpp key", "cpp key zz", "q", "g key WHERE bogus=1", "b", "l", "help"]
    code, out, err = await run(dhtnode, stdin="\n".join([*lines, "x", ""]).encode(), seconds=40)
    report.check("dhtnode goes on after each malformed command", code == 0 and "Possible commands" in out,
                 f"exit {code}: {out[-300:]} {err[-300:]}")


def busy_port():
    """Sockets that hold one port of both families."""
    four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    four.bind(("0.0.0.0", 0))
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    six.bind(("::", four.getsockname()[1]))
    return four, six


def silent_port() -> int:
    """A port of loopback where nobody answers: bound for a moment, then free."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        return nobody.getsockname()[1]
