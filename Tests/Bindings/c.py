#!/usr/bin/env python3
"""The C library in the place of OpenDHT's: every program here is compiled once, and run with both.

Needs a C compiler, openssl, libopendht-c-dev and the peers that Scripts/peers installs. proves: B-1 … B-12
"""

import re
import sys

from build import (COUNTED, HERE, IN_PARALLEL, INSTALL_REFERENCE, REFERENCE_HEADER, WITH_OURS, WITH_REFERENCE, Programs, Report, command,
                   facts, how_it_ended, library_is_there, make_people, ours)
from c_names import headers_alone, layouts, pkg_config, symbols
from c_programs import bench, encrypted_for_reference, shell
from readme import compile_and_run

SOURCES = HERE / "c"


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
             for name, arguments in (*probes(people, programs.folder / "our-key-4.pem"), ("version4", ()), ("lives", ()))
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


def readme(report, programs, people):
    """The program of Bindings/c/README.md, as it stands."""
    report.section("README")
    compile_and_run(report, programs, "c", "c", "hello.c", r"^node [0-9a-f]{40} on port [1-9]\d*\n$")


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
