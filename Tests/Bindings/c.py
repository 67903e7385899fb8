#!/usr/bin/env python3
"""The C library in the place of OpenDHT's: every program here is compiled once, and run with both.

Needs a C compiler, openssl, libopendht-c-dev and the peers that Scripts/peers installs. proves: B-1 … B-12
"""

import asyncio
import concurrent.futures
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
import time

from build import (HERE, INSTALL_REFERENCE, LIBRARIES, PREFIX, REFERENCE_HEADER, ROOT, Programs, Report, command, facts,
                   how_it_ended, library_is_there, ours)
from peers import Driver, Missing, Node
from readme import compile_and_run

SOURCES = HERE / "c"
FLAGS = ("-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")
WITH_REFERENCE = (*FLAGS, "-lopendht-c")
WITH_OURS = (*FLAGS, f"-I{PREFIX}/include", f"-L{LIBRARIES}", "-lopendht-c")
EXPORTED_BY_4_ONLY = {"dht_value_with_id_new"}
# bindings.md §1.2: bytes, on machines with 64-bit pointers.
COMMON = """bool 1 1; dht_value_id 8 8; in_port_t 2 2; dht_data_view 16 8; dht_data_view.data 0 8; dht_data_view.size 8 8;
dht_infohash 20 1; dht_pkid 32 1; dht_identity 16 8; dht_identity.privatekey 0 8; dht_identity.certificate 8 8;
dht_node_config 40 8; dht_node_config.node_id 0 20; dht_node_config.network 20 4; dht_node_config.is_bootstrap 24 1;
dht_node_config.maintain_storage 25 1; dht_node_config.persist_path 32 8; dht_secure_config 56 8;
dht_secure_config.node_config 0 40; dht_secure_config.id 40 16; dht_runner_config.dht_config 0 56;
dht_runner_config.threaded 56 1; dht_runner_config.proxy_server 64 8; dht_runner_config.push_node_id 72 8;
dht_runner_config.push_token 80 8; dht_runner_config.push_topic 88 8; dht_runner_config.push_platform 96 8"""
LAYOUT_2 = COMMON + """; dht_runner_config 144 8; dht_runner_config.peer_discovery 104 1; dht_runner_config.peer_publish 105 1;
dht_runner_config.server_ca 112 8; dht_runner_config.client_identity 120 16; dht_runner_config.log 136 1"""
LAYOUT_4 = COMMON + """; dht_runner_config 152 8; dht_runner_config.proxy_user_agent 104 8; dht_runner_config.peer_discovery 112 1;
dht_runner_config.peer_publish 113 1; dht_runner_config.server_ca 120 8; dht_runner_config.client_identity 128 16;
dht_runner_config.log 144 1"""
IN_PARALLEL = concurrent.futures.ThreadPoolExecutor(10)  # what runs there mostly waits
# Exactly what malloc gives, counted exactly: one arena, no caches of threads.
COUNTED = {"MALLOC_ARENA_MAX": "1", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


def main() -> int:
    report = Report()
    only = sys.argv[1:]
    with Programs() as programs:
        if library_is_there(report) and report.check("the reference is installed", REFERENCE_HEADER.exists(), INSTALL_REFERENCE):
            people = make_people(report, programs)
            for test in (layouts, symbols, pkg_config, headers_alone, readme, bench, same_facts, beyond, encrypted_for_reference,
                         shell, leaks):
                if not only or test.__name__ in only:
                    # Counting goes on while others run, but not beside figures.
                    if test not in (layouts, symbols, pkg_config, headers_alone, readme, bench) and not hasattr(programs, "leaks"):
                        programs.leaks = start_leaks(report, programs, people) if not only or "leaks" in only else []
                    test(report, programs, people)
    return report.close()


def make_people(report, programs):
    """Folders with a key and a certificate that openssl made, in every form."""
    people = []
    for name in ("alice", "bob"):
        folder = programs.folder / name
        folder.mkdir()
        (folder / "abc").write_text("abc")
        for line in ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem",
                     "pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out key.der",
                     "rsa -in key.pem -traditional -outform DER -out pkcs1.der", "pkey -in key.pem -pubout -out public.pem",
                     "pkey -in key.pem -pubout -outform DER -out public.der",
                     f"req -x509 -new -key key.pem -sha512 -days 30 -subj /CN={name} -out certificate.pem",
                     "x509 -in certificate.pem -outform DER -out certificate.der",
                     "dgst -sha512 -sign key.pem -out signature abc",
                     "pkcs8 -topk8 -in key.pem -v2 aes-256-cbc -passout pass:secret -out encrypted.pem",
                     "pkcs8 -topk8 -in key.pem -v2 aes-128-cbc -passout pass:secret -outform DER -out encrypted.der"):
            code, out, err = command("openssl", *line.split(), folder=folder)
            if code:
                report.check(f"openssl {line.split()[0]}", False, err)
        people.append(folder)
    return people


def layouts(report, programs, people):
    """proves: B-1 (items 3 and 5 of the drop-in list)"""
    report.section("Layouts")
    for name, flags, expected in (
            ("of the reference's header", WITH_REFERENCE, LAYOUT_2),
            ("of our header, interface 2", ("-DOPENDHT_C_ABI=2", *WITH_OURS), LAYOUT_2),
            ("of our header, interface 4", WITH_OURS, LAYOUT_4)):
        if program := programs.compile(report, SOURCES / "layouts.c", *flags, name="layouts-" + name[-1]):
            rows = set(command(program, environment=ours())[1].strip().splitlines())
            wanted = {row.strip() for row in expected.replace("\n", " ").split(";")}
            report.check(f"B-1 sizes and offsets {name}", rows == wanted, f"differ: {sorted(rows ^ wanted)}")


def symbols(report, programs, people):
    """proves: B-1 (items 1 and 2 of the drop-in list)"""
    report.section("Symbols and names")
    header = REFERENCE_HEADER.read_text()
    declared = set(re.findall(r"^OPENDHT_C_PUBLIC [^;]*?\b(dht_\w+)\(", header, re.M))
    report.check("the reference declares 63 functions", len(declared) == 63, f"{len(declared)}")
    for major, wanted in ((2, declared), (4, declared | EXPORTED_BY_4_ONLY)):
        library = LIBRARIES / f"libopendht-c.so.{major}"
        code, out, err = command("nm", "-D", "--defined-only", library)
        names = {line.split()[-1].partition("@")[0] for line in out.splitlines()}
        dht = {name for name in names if name.startswith("dht_")}
        report.check(f"B-1 libopendht-c.so.{major} exports the {len(wanted)} functions, and no other dht_", dht == wanted,
                     f"missing {sorted(wanted - dht)}, more {sorted(dht - wanted)} {err}")
        others = {name for name in names if not name.startswith(("dht_", "odht_"))}
        report.check(f"B-1 libopendht-c.so.{major} exports nothing else but odht_", not others,
                     f"{len(others)}: {sorted(others)[:20]}")
        versioned = [line for line in out.splitlines() if "@" in line]
        report.check(f"B-1 libopendht-c.so.{major} has no symbol versions", not versioned, str(versioned[:5]))
        undefined = command("nm", "-D", "--undefined-only", library)[1]
        # Those of C++ are mangled with _Z; the C library gives none of them.
        cxx = [line.split()[-1] for line in undefined.splitlines() if line.split()[-1].startswith(("_Z", "__cxa_throw", "__gxx"))]
        report.check(f"B-1 libopendht-c.so.{major} needs no symbol of C++", not cxx, str(cxx[:10]))
        dynamic = command("readelf", "-d", library)[1]
        soname = re.search(r"SONAME.*\[(.*)\]", dynamic)
        report.check(f"B-1 its soname is libopendht-c.so.{major}", soname and soname[1] == library.name, dynamic[:300])
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
        foreign = {name for name in needed if not re.match(r"(lib(c|m|pthread|dl|rt|gcc_s|resolv|util)|ld-linux.*)\.so", name)}
        report.check(f"B-1 libopendht-c.so.{major} needs only what every system has", not foreign, f"{sorted(needed)}")
        report.check(f"B-1 libopendht-c.so.{major} loads", load(library), "dlopen fails")
    newest = (LIBRARIES / "libopendht-c.so").resolve().name
    report.check("B-1 libopendht-c.so is that of 4.x", newest.startswith("libopendht-c.so.4"), newest)
    # Names with the whole version stand behind, as in the reference: libopendht-c.so.2 → libopendht-c.so.2.4.12
    for major in (2, 4):
        full = (LIBRARIES / f"libopendht-c.so.{major}").resolve().name
        report.check(f"B-1 libopendht-c.so.{major} is a name of a full version", re.fullmatch(rf"libopendht-c\.so\.{major}(\.\d+)+", full),
                     full)
        print(f"        {full}: {(LIBRARIES / full).stat().st_size / 1e6 if (LIBRARIES / full).exists() else 0:.1f} MB")


def load(library):
    """Whether it loads with every symbol bound."""
    return command(sys.executable, "-c", f"import ctypes, os; ctypes.CDLL({str(library)!r}, os.RTLD_NOW)")[0] == 0


def pkg_config(report, programs, people):
    """proves: B-1 (item 13 of the drop-in list)"""
    report.section("pkg-config")
    code, out, err = command("pkg-config", "--cflags", "--libs", "opendht-c",
                             environment={"PKG_CONFIG_PATH": str(LIBRARIES / "pkgconfig"), "PKG_CONFIG_SYSTEM_LIBRARY_PATH": "/none"})
    report.check("B-1 pkg-config --cflags --libs opendht-c", code == 0 and f"-I{PREFIX}/include" in out and "-lopendht-c" in out
                 and f"-L{LIBRARIES}" in out, out + err)
    for file in ("opendht_c.h", "def.h", "odht.h"):
        report.check(f"B-1 opendht/{file} is installed", (PREFIX / "include" / "opendht" / file).exists(), str(PREFIX))
    if code == 0 and (program := programs.compile(report, SOURCES / "values.c", *FLAGS, *out.split(), name="by-pkg-config")):
        needed = command("readelf", "-d", program)[1]
        report.check("B-1 what is linked by it asks for libopendht-c.so.4", "[libopendht-c.so.4]" in needed, needed[:500])
        code, out, err = command(program, environment=ours())
        report.check("B-1 and runs", code == 0, out + err)


def headers_alone(report, programs, people):
    """Each header compiles alone, as C11 and as C++17, and both interfaces do."""
    report.section("Headers")
    for language, compiler, standard in (("c", "gcc", "-std=c11"), ("c", "clang", "-std=c11"), ("c++", "g++", "-std=c++17"),
                                         ("c++", "clang++", "-std=c++17")):
        bad = []
        for header in ("opendht_c.h", "odht.h"):
            for interface in (2, 4):
                code, out, err = command(compiler, "-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                                         "-fsyntax-only", f"-DOPENDHT_C_ABI={interface}", f"-I{PREFIX}/include", "-",
                                         stdin=f"#include <opendht/{header}>\n")
                if code:
                    bad.append(err[-300:])
        report.check(f"B-1 the headers compile alone with {compiler} {standard}", not bad, "\n".join(bad))


def probes(people, exported):
    """(program, its arguments)"""
    alice, bob = people
    return (("hashes", ()), ("values", ()), ("keys", (alice, exported)), ("identities", ()), ("stopped", ()), ("running", ()),
            ("ends", ()), ("signed", (alice, bob)))


def same_facts(report, programs, people):
    """Each probe, compiled against the reference, with the reference and with ours: only LD_LIBRARY_PATH differs. And with
    our header for libopendht-c.so.4, and what only that has.

    proves: B-1 B-2 B-3 B-4 B-5 B-6 B-7 B-8 B-9 B-10 B-11
    """
    report.section("Facts: one program, both libraries; and libopendht-c.so.4")
    runs = []
    for name, arguments in probes(people, programs.folder / "reference-key.pem"):
        elsewhere = [programs.folder / "our-key.pem" if str(a).endswith("reference-key.pem") else a for a in arguments]
        if program := programs.compile(report, SOURCES / f"{name}.c", *WITH_REFERENCE):
            runs.append((name, IN_PARALLEL.submit(command, program, *arguments, environment={"LD_LIBRARY_PATH": ""}),
                         IN_PARALLEL.submit(command, program, *elsewhere, environment=ours())))
    newer = [(name, IN_PARALLEL.submit(command, program, *arguments, environment=ours()))
             for name, arguments in (*probes(people, programs.folder / "our-key-4.pem"), ("version4", ()))
             if (program := programs.compile(report, SOURCES / f"{name}.c", *WITH_OURS, name=f"{name}-4"))]
    for name, theirs, mine in runs:
        code, out, err = theirs.result()
        found = list(facts(out))
        report.check(f"the reference says so too: {name}, {len(found)} facts", code == 0 and found and all(f[0] for f in found),
                     how_it_ended(code, err) + str([f[1:] for f in found if not f[0]]))
        check_facts(report, name, mine.result(), {fact for _, fact, _ in found})
        if name == "keys":
            programs.reference_key_id = id_of(out)
    for name, run in newer:
        code, out, err = run.result()
        found = list(facts(out))
        wrong = [f[1:] for f in found if not f[0]]
        report.check(f"B-1 libopendht-c.so.4: {name}, {len(found)} facts", code == 0 and found and not wrong,
                     how_it_ended(code, err) + str(wrong))


def check_facts(report, program, outcome, expected=frozenset()):
    """Reports each fact that a probe printed with our library."""
    code, out, err = outcome
    found, grouped = list(facts(out)), {}
    for holds, name, seen in found:  # a fact that a probe states for several objects is one statement
        before = grouped.setdefault(name, [True, ""])
        if not holds:
            before[0], before[1] = False, seen
    for name, (holds, seen) in grouped.items():
        report.check(name, holds, seen)
    missing = expected - set(grouped)
    report.check(f"{program} ends well", code in (0, 1) and (code == 0) == all(f[0] for f in found) and found and not missing,
                 how_it_ended(code, err) + (f"; never came to: {sorted(missing)}" if missing else ""))


def id_of(output):
    match = re.search(r"^id (\w+)", output, re.M)
    return match[1] if match else "none"


def beyond(report, programs, people):
    """proves: B-5 B-6 B-7 B-12, and no crash where the reference has one"""
    report.section("Where the reference fails")
    exported = programs.folder / "reference-key.pem"
    if not exported.exists() and (keys := programs.compile(report, SOURCES / "keys.c", *WITH_REFERENCE)):
        out = command(keys, people[0], exported, environment={"LD_LIBRARY_PATH": ""})[1]
        programs.reference_key_id = id_of(out)
    if program := programs.compile(report, SOURCES / "beyond.c", *WITH_REFERENCE):
        check_facts(report, "beyond", command(program, people[0], exported, programs.reference_key_id, environment=ours(), seconds=120))


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


def sha1_of(text):
    return hashlib.sha1(text.encode()).hexdigest()


SCRIPT = ("ll", "p foo bar", "g foo", "l foo", "p foo baz", "nonsense", "l 0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33",
          "la", "g nothing-here", "p deep water-under-the-bridge")


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


def readme(report, programs, people):
    """The program of Bindings/c/README.md, as it stands."""
    report.section("README")
    compile_and_run(report, programs, "c", "c", "hello.c", r"^node [0-9a-f]{40} on port [1-9]\d*\n$")


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


def start_leaks(report, programs, people):
    """Begins to count what stays allocated. Nodes limit requests, so most of this is waiting."""
    program = programs.compile(report, SOURCES / "leaks.c", *WITH_REFERENCE)
    if not program:
        return []

    def count(what, operations, *more):
        code, out, err = command(program, what, operations, people[0], *more, environment=ours(**COUNTED), seconds=120)
        return (float(out.split()[1]) if code == 0 else None), how_it_ended(code, err)

    # What, operations of each of three rounds, bytes that may be lost by each: making an RSA key loses one block of 16.
    return [(what, 3 * each, most, IN_PARALLEL.submit(count, what, each), IN_PARALLEL.submit(count, what, min(each, 400), "forget"))
            for what, each, most in (("puts", 3334, 2), ("gets", 3334, 2), ("listens", 3334, 2), ("values", 3334, 2),
                                          ("identities", 34, 16), ("keys", 10, 40))]


def leaks(report, programs, people):
    """Bytes that stay allocated per operation; and a leak made on purpose, which the same count must find.

    proves: B-1 (item 12 of the drop-in list)
    """
    report.section("Leaks")
    for what, operations, most, honest, deliberate in programs.leaks:
        lost, end = honest.result()
        report.check(f"B-1 {operations} {what} leave less than {most} bytes each: {lost}", lost is not None and lost < most, end)
        lost, end = deliberate.result()
        report.check(f"a leak made on purpose is found: {what}, {lost} bytes each", lost is not None and lost > 1.5 * most, end)


if __name__ == "__main__":
    sys.exit(main())
