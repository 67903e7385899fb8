#!/usr/bin/env python3
"""The Rust crate: its tests, its programs, and what they leave allocated. Needs cargo and valgrind. proves: B-23 B-24"""

import asyncio
import re
import sys
from pathlib import Path

from build import (COUNTED, IN_PARALLEL, LIBRARIES, PREFIX, ROOT, Programs, Report, command, how_it_ended, library_is_there, ours,
                   sha1_of)
from peers import Driver, Missing, Node
from readme import blocks

CRATE = ROOT / "Bindings" / "rust"
TARGET = ROOT / ".build" / "rust"
BUILT = {"OPENDHT_PREFIX": str(PREFIX), "CARGO_TARGET_DIR": str(TARGET), "CARGO_NET_OFFLINE": "true"}


def main() -> int:
    report = Report()
    with Programs() as programs:
        if library_is_there(report) and build(report):
            counts = start_counts()
            tests(report)
            names(report)
            example(report)
            readme(report, programs)
            no_undefined_symbol(report)
            leaks(report, counts)
    return report.close()


def build(report):
    report.section("Build")
    code, out, err = command("cargo", "build", "--offline", "--examples", "--tests", environment=BUILT, folder=CRATE, seconds=200)
    warnings = re.findall(r"^warning.*", err, re.M)
    report.check("B-23 the crate builds without a network and without a warning", code == 0 and not warnings, err[-2000:])
    manifest = (CRATE / "Cargo.toml").read_text()
    report.check("it depends on nothing", "dependencies]" not in manifest, manifest)
    return code == 0


def tests(report):
    report.section("Tests")
    code, out, err = command("cargo", "test", "--offline", "--", "--test-threads=4", environment=BUILT, folder=CRATE, seconds=200)
    for name, result in re.findall(r"^test (.*) \.\.\. (\w+)", out, re.M):
        report.check(f"cargo test: {name}", result == "ok", out[-3000:])
    report.check("cargo test ends well", code == 0, how_it_ended(code, err))


# bindings.md §3, without what the reference declares and does not have.
NAMES = {
    "hash.rs": "InfoHash PkId Blob new random get from_bytes from_hex is_zero data",
    "value.rs": "Value new from_bytes id as_bytes boxed recipient owner user_type",
    "crypto.rs": "PublicKey PrivateKey DhtCertificate DhtIdentity new unpack pack id long_id check_signature encrypt import from_bytes "
                 "public_key from_slice publickey generate",
    "dhtrunner.rs": "DhtRunner DhtRunnerConfig OpToken new run run_config bootstrap node_id id get put put_signed put_encrypted cancel_put "
                    "listen cancel_listen shutdown public_addresses set_proxy_server set_push_node_id set_push_token set_push_topic "
                    "set_push_platform set_proxy_user_agent set_identity set_persist_path",
}


def names(report):
    """Each public name of OpenDHT's crate is there. The compiler checks the use of most of them in tests/surface.rs."""
    for file, wanted in NAMES.items():
        public = set(re.findall(r"pub (?:async )?(?:fn|struct) (\w+)", (CRATE / "src" / file).read_text()))
        public |= set(re.findall(r"^    (PublicKey|PrivateKey|DhtCertificate), dht_", (CRATE / "src" / file).read_text(), re.M))
        report.check(f"B-23 the names of {file}", not set(wanted.split()) - public, str(set(wanted.split()) - public))


def example(report):
    """What the reference's example does, with closures that are given and not lent (Docs/spec/deferred.md says why): bootstrap, then
    listen, get and put, among real peers."""
    report.section("Example")
    try:
        asyncio.run(among_peers(report))
    except Missing as missing:
        report.check("the peers are installed", False, str(missing))


async def among_peers(report):
    for kind in ("2.4.12", "4.4.2"):
        driver = await Driver(kind).launch()
        try:
            node = await Node(driver, 0).start()
            await node.put(sha1_of("bob"), b"for everybody")
            code, out, err = await asyncio.to_thread(
                command, TARGET / "debug" / "examples" / "dhtnode", "127.0.0.1", node.port4, environment=BUILT)
            wanted = ("LISTEN: 1 value: hello expired: false", "PUT: done: true", "GET: done: true", "SHUTDOWN",
                      "Public ips: [127.0.0.1:")
            report.check(f"B-23 the example listens, gets and puts beside {kind}", code == 0 and all(line in out for line in wanted),
                         how_it_ended(code, err) + out)
            found = (await node.get(sha1_of("foo")))["found"].values()
            report.check(f"{kind} finds what it put", [value["data"] for value in found] == ["aGVsbG8="], str(found))
        finally:
            await driver.end()


def readme(report, programs):
    """The program of Bindings/rust/README.md, as it stands, in a crate of its own."""
    folder: Path = programs.folder / "hello"
    (folder / "src").mkdir(parents=True)
    (folder / "Cargo.toml").write_text(
        f'[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nopendht = {{ path = "{CRATE}" }}\n')
    (folder / "src" / "main.rs").write_text(blocks("rust", "rust")[0])
    code, out, err = command("cargo", "run", "--offline", "--quiet", environment={**BUILT, **ours()}, folder=folder, seconds=120)
    report.check("the README of rust works as it stands",
                 code == 0 and re.fullmatch(r'\[Value\[id:[0-9a-f]+ data\(text/plain\):"hello"\]\]\n', out), f"{code}: {out} {err[-1500:]}")


def no_undefined_symbol(report):
    """Every function that the crate declares is one of the library's."""
    exported = {line.split()[-1] for line in command("nm", "-D", "--defined-only", LIBRARIES / "libopendht-c.so.4")[1].splitlines()}
    declared = set(re.findall(r"pub fn (o?dht_\w+)\(", (CRATE / "src" / "ffi.rs").read_text()))
    report.check(f"B-24 the library has all {len(declared)} functions that the crate declares", declared and declared <= exported,
                 str(sorted(declared - exported)))


def start_counts():
    """What waits most, beside the tests: 10,000 operations counted, some under valgrind, and each once more with a leak on purpose."""
    program = TARGET / "debug" / "examples" / "operations"
    checked = ("valgrind", "--leak-check=full", "--errors-for-leak-kinds=none", "--undef-value-errors=no", "--error-exitcode=9", program)
    return [IN_PARALLEL.submit(command, *arguments, environment={**BUILT, **environment}, seconds=150)
            for arguments, environment in (((program, 3334), COUNTED), ((program, 400, "forget"), COUNTED),
                                           ((*checked, 400), {}), ((*checked, 100, "forget"), {}))]


def leaks(report, counts):
    report.section("Leaks")
    (code, out, err), (leaked_code, leaked, _), (checked, _, told), (_, _, leak_told) = [count.result() for count in counts]
    lost, on_purpose = (float(text) if re.fullmatch(r"-?[\d.]+\n", text) else None for text in (out, leaked))
    report.check(f"B-24 10002 operations leave less than 6 bytes each: {lost}", code == 0 and lost is not None and lost < 6, how_it_ended(code, err))
    report.check(f"a leak made on purpose is found: {on_purpose} bytes each", leaked_code == 0 and on_purpose and on_purpose > 100)
    report.check("B-24 valgrind finds no misuse of memory in 1200 operations", checked == 0, how_it_ended(checked, told[-2000:]))
    blocks_lost = [int(match[1].replace(",", "")) if (match := re.search(r"definitely lost: .* in ([\d,]+) blocks", text)) else None
                   for text in (told, leak_told)]
    report.check(f"B-24 valgrind finds {blocks_lost[0]} blocks lost, less than 10", blocks_lost[0] is not None and blocks_lost[0] < 10, told[-2000:])
    report.check(f"and {blocks_lost[1]} that 300 operations lost on purpose", blocks_lost[1] is not None and blocks_lost[1] >= 300)


if __name__ == "__main__":
    sys.exit(main())
