"""Compiles and runs the programs of these tests, with one library or the other."""

import concurrent.futures
import hashlib
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

FLAGS = ("-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")
WITH_REFERENCE = (*FLAGS, "-lopendht-c")
WITH_OURS = (*FLAGS, f"-I{PREFIX}/include", f"-L{LIBRARIES}", "-lopendht-c")
IN_PARALLEL = concurrent.futures.ThreadPoolExecutor(10)  # what runs there mostly waits
# Exactly what malloc gives, counted exactly: one arena, no caches of threads.
COUNTED = {"MALLOC_ARENA_MAX": "1", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


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


def sha1_of(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()
