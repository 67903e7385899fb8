#!/usr/bin/env python3
"""Time to sign, verify, encrypt and decrypt 600 bytes: ours beside the reference, alternated, as ratios.

The keys are the same on all sides. 2.4.12 is measured through Debian's C library, 4.4.2 through its Python module, which
adds a few microseconds to each call. The C library of 2.4.12 has no function that signs: its decryption, the same
operation on the private key, stands for it.
"""

import argparse
import ctypes
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = ("sign", "verify", "encrypt", "decrypt")
DATA = bytes(n * 31 & 0xFF for n in range(600))
PROGRAMS = {
    "ours": [str(ROOT / ".build" / "release" / "crypto-speed")],
    "2.4.12": ["/usr/bin/python3", __file__, "--measure", "2.4.12"],
    "4.4.2": [str(ROOT / ".build-peers" / "bin" / "python"), __file__, "--measure", "4.4.2"],
}


def main():
    options = parse()
    if options.measure:
        return measure(options)
    keys = {bits: ROOT / "Tests" / "DHTSecurityTests" / "Vectors" / "keys" / f"rsa{bits}_a_v4.pem" for bits in (2048, 4096)}
    found = {}
    for _ in range(options.rounds):
        for kind, program in PROGRAMS.items():
            arguments = [str(options.seconds), *map(str, keys.values())]
            done = subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=300)
            if done.returncode:
                sys.exit(f"{kind}: ended with {done.returncode}: {done.stderr[-500:]}")
            for line in done.stdout.splitlines():
                bits, operation, milliseconds = line.split("\t")
                found.setdefault((kind, int(bits), operation), []).append(float(milliseconds))
    best = {name: statistics.median(times) for name, times in found.items()}
    show(best)
    return 0


def show(best):
    print("milliseconds for 600 bytes; in brackets, how many times as fast ours is")
    print("operation".ljust(36) + "".join(kind.rjust(18) for kind in PROGRAMS))
    for bits in (2048, 4096):
        rows = [name for kind, b, name in best if kind == "ours" and b == bits]
        for operation in rows:
            # What only ours is measured for stands alone.
            cells = [(kind, best.get((kind, bits, operation))) for kind in PROGRAMS]
            ours = best["ours", bits, operation]
            text = "".join(("-" if time is None else f"{time:.3f}" if kind == "ours" else f"{time:.3f} ({time / ours:.1f})").rjust(18)
                           for kind, time in cells)
            print(f"RSA-{bits} {operation}".ljust(36) + text)


def measure(options):
    for path in options.keys:
        operations = {"2.4.12": c_library, "4.4.2": python_module}[options.measure](Path(path))
        bits = next(operations)
        for name, work in operations:
            print(f"{bits}\t{name}\t{1000 * median(work, options.seconds)}")


def median(work, seconds):
    work()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def c_library(path):
    library = ctypes.CDLL("libopendht-c.so.2")

    class View(ctypes.Structure):
        _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    p, n = ctypes.c_void_p, ctypes.c_size_t
    for name, result, arguments in (
            ("dht_privatekey_import", p, [ctypes.c_char_p, n, ctypes.c_char_p]), ("dht_privatekey_get_publickey", p, [p]),
            ("dht_privatekey_decrypt", p, [p, ctypes.c_char_p, n]), ("dht_publickey_encrypt", p, [p, ctypes.c_char_p, n]),
            ("dht_publickey_check_signature", ctypes.c_bool, [p, ctypes.c_char_p, n, ctypes.c_char_p, n]),
            ("dht_blob_get_data", View, [p]), ("dht_blob_delete", None, [p])):
        getattr(library, name).restype, getattr(library, name).argtypes = result, arguments
    pem = path.read_bytes()
    key = library.dht_privatekey_import(pem, len(pem), None)
    public = library.dht_privatekey_get_publickey(key)

    def bytes_of(blob):
        view = library.dht_blob_get_data(blob)
        data = ctypes.string_at(view.data, view.size)
        library.dht_blob_delete(blob)
        return data

    cypher = bytes_of(library.dht_publickey_encrypt(public, DATA, len(DATA)))
    block = len(cypher) - 28 - len(DATA)
    # A signature of this key over the same bytes, made by openssl once: verifying must not fail early.
    signature = subprocess.run(["openssl", "dgst", "-sha512", "-sign", str(path)], input=DATA, capture_output=True, check=True).stdout
    assert library.dht_publickey_check_signature(public, DATA, len(DATA), signature, len(signature))
    assert bytes_of(library.dht_privatekey_decrypt(key, cypher, len(cypher))) == DATA
    yield block * 8
    yield "verify", lambda: library.dht_publickey_check_signature(public, DATA, len(DATA), signature, len(signature))
    yield "encrypt", lambda: library.dht_blob_delete(library.dht_publickey_encrypt(public, DATA, len(DATA)))
    yield "decrypt", lambda: library.dht_blob_delete(library.dht_privatekey_decrypt(key, cypher, len(cypher)))


def python_module(path):
    sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
    import shutil
    import tempfile
    import reference_identity
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(path, f"{folder}/id.pem")
        shutil.copy(certificate_of(path), f"{folder}/id.crt")
        identity = reference_identity.load(f"{folder}/id", "")
    key, public = identity.key, identity.publickey
    signature, cypher = key.sign(DATA), public.encrypt(DATA)
    assert public.checkSignature(DATA, signature) and key.decrypt(cypher) == DATA
    yield len(signature) * 8
    yield "sign", lambda: key.sign(DATA)
    yield "verify", lambda: public.checkSignature(DATA, signature)
    yield "encrypt", lambda: public.encrypt(DATA)
    yield "decrypt", lambda: key.decrypt(cypher)


def certificate_of(path):
    """Any certificate: only the key is used here."""
    return ROOT / "Tests" / "DHTSecurityTests" / "Vectors" / "certs" / "leaf_self_v4.crt"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.4, help="for each operation and round")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("positional", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        options.seconds, options.keys = float(options.positional[0]), options.positional[1:]
    return options


if __name__ == "__main__":
    sys.exit(main())
