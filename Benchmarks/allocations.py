#!/usr/bin/env python3
"""Allocations on the path of a datagram, held against Benchmarks/Thresholds/allocations.json.

Each path is done some thousand times in a release build, with count-allocations.so before the C library's malloc.
The counts are the same on every machine, busy or not; only those through sockets vary by how reads are bundled.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THRESHOLDS = ROOT / "Benchmarks" / "Thresholds" / "allocations.json"


def main():
    options = parse()
    thresholds = json.loads(THRESHOLDS.read_text())
    measured = measure(options)
    bad = []
    print("allocations per datagram".ljust(68) + "counted".rjust(9) + "allowed".rjust(9))
    for name, count in measured.items():
        allowed = thresholds.get(name)
        is_bad = allowed is None or count > allowed
        bad += [name] * is_bad
        print(name.ljust(68) + f"{count:.2f}".rjust(9) + (f"{allowed:g}" if allowed is not None else "none").rjust(9) + "  TOO MANY" * is_bad)
    for name in thresholds.keys() - measured.keys():
        bad.append(name)
        print(name.ljust(68) + "not measured".rjust(18))
    print(f"{len(measured.keys() | thresholds.keys()) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


def measure(options):
    """The count of each path, by its name."""
    environment = {**os.environ, "LD_PRELOAD": str(options.counter)}
    done = subprocess.run([str(options.program)], env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode:
        sys.exit(f"allocations: ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: float(count) for count, name in lines}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=Path, default=ROOT / ".build" / "release" / "allocations")
    parser.add_argument("--counter", type=Path, default=ROOT / ".build" / "benchmarks" / "count-allocations.so")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
