"""Runs what the README of a binding shows, line by line as it stands there."""

import re
from pathlib import Path

from build import LIBRARIES, ROOT, command, ours


def blocks(binding: str, language: str):
    """Code of a language in the README of a binding, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "Bindings" / binding / "README.md").read_text(), re.M | re.S)


def compile_and_run(report, programs, binding: str, language: str, file: str, expected: str):
    """The first program of a README, built by the last shell line that it shows, prints what it should."""
    folder: Path = programs.folder / f"readme-{binding}"
    folder.mkdir()
    (folder / file).write_text(blocks(binding, language)[0])
    environment = ours(PKG_CONFIG_PATH=str(LIBRARIES / "pkgconfig"))
    for line in (blocks(binding, "sh")[-1].strip(), "./" + file.partition(".")[0]):
        code, out, err = command("sh", "-ec", line, folder=folder, environment=environment)
        if code:
            break
    report.check(f"the README of {binding} works as it stands", code == 0 and re.search(expected, out), f"{code}: {out[-600:]} {err[-1200:]}")
