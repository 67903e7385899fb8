"""Compiles and runs the programs of these tests, with one library or the other."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
from report import Report  # noqa: E402  (the one that every test prints through)

PREFIX = Path(os.environ.get("OPENDHT_PREFIX", ROOT / ".build" / "bindings")).resolve()
LIBRARIES = PREFIX / "lib"
# Of Debian's libopendht-c-dev 2.4.12.
REFERENCE_HEADER = Path("/usr/include/opendht/opendht_c.h")
INSTALL_REFERENCE = "no reference to compare with: apt-get install libopendht-c-dev"


def command(*arguments, seconds=60, environment=None, folder=None, stdin=None):
    """(exit code, standard output, standard error); 124 when the time is over, negative for a signal."""
    try:
        done = subprocess.run([str(a) for a in arguments], capture_output=True, timeout=seconds, cwd=folder, input=stdin,
                              env={**os.environ, **(environment or {})}, errors="replace", text=True)
        return done.returncode, done.stdout, done.stderr
    except FileNotFoundError as error:
        return 127, "", f"{error}: install it"
    except subprocess.TimeoutExpired as late:
        text = late.stdout.decode(errors="replace") if isinstance(late.stdout, bytes) else late.stdout or ""
        return 124, text, f"still running after {seconds} s"


def ours(**more):
    """The environment in which a program that was linked elsewhere finds our library: nothing else differs."""
    return {"LD_LIBRARY_PATH": str(LIBRARIES), **more}


class Programs:
    """Programs made of sources, in a folder that goes when this ends."""

    def __init__(self):
        self.kept = tempfile.TemporaryDirectory(prefix="bindings-")
        self.folder = Path(self.kept.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kept.cleanup()

    def compile(self, report: Report, source: Path, *flags, name=None, compiler="cc"):
        """The program, or None after a failure that is reported."""
        program = self.folder / (name or source.stem)
        code, out, err = command(compiler, source, "-o", program, *flags)
        if code:
            report.check(f"{compiler} compiles {source.name}", False, (out + err)[-2000:])
            return None
        return program


def facts(output: str):
    """(holds, name, what was seen) of each line that a probe prints."""
    for line in output.splitlines():
        word, _, rest = line.partition(" ")
        if word == "ok":
            yield True, rest, ""
        elif word == "FAIL":
            name, _, seen = rest.partition(": ")
            yield False, name, seen


def how_it_ended(code: int, err: str) -> str:
    return f"signal {-code}: {err[-600:]}" if code < 0 else f"exit {code}: {err[-600:]}"


def library_is_there(report: Report) -> bool:
    return report.check("the library is installed", (LIBRARIES / "libopendht-c.so").exists(),
                        f"nothing in {LIBRARIES}: run Scripts/c-library, or set OPENDHT_PREFIX")
