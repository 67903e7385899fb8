"""Runs what the README of a binding shows, line by line as it stands there."""

import os
import re
import subprocess
from pathlib import Path

from build import PREFIX, ROOT


def blocks(binding: str, language: str):
    """Code of a language in the README of a binding, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "Bindings" / binding / "README.md").read_text(), re.M | re.S)


# Building takes minutes, and is done: what is installed is linked to where the README wants it.
INSTALL = f"""#!/bin/sh
set -e
[ $# = 2 ] && [ "$1" = --prefix ]
ln -s "{PREFIX}" "$2"
"""


def compile_and_run(report, programs, binding: str, language: str, file: str, expected: str):
    """The first program of a README, and every shell line as it stands, print what they should. HOME is all that is set, with
    the way to the compilers: what the system has of OpenDHT may not be taken instead."""
    folder: Path = programs.folder / f"readme-{binding}"
    (folder / "Scripts").mkdir(parents=True)
    (folder / "Scripts" / "install").write_text(INSTALL)
    (folder / "Scripts" / "install").chmod(0o755)
    (folder / file).write_text(blocks(binding, language)[0])
    # And last, in the same shell: which library that was. The system's may pass for ours in all else.
    lines = "".join(blocks(binding, "sh")) + "ldd hello >loaded\n"
    home = folder / "home"
    home.mkdir()
    try:
        done = subprocess.run(["bash", "-ec", lines], capture_output=True, timeout=60, cwd=folder,
                              env={"HOME": str(home), "PATH": os.environ["PATH"]}, text=True)
        how = f"{done.returncode}: {done.stdout[-600:]} {done.stderr[-1200:]}"
    except subprocess.TimeoutExpired:
        done, how = None, "still running after 60 s"
    report.check(f"the README of {binding} works as it stands", done and done.returncode == 0 and re.search(expected, done.stdout), how)
    loaded = (folder / "loaded").read_text() if (folder / "loaded").exists() else ""
    report.check(f"the README of {binding} runs with what it installed", f"=> {home}/.local/lib/libopendht-c.so.4 " in loaded, loaded or how)
