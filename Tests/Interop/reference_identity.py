"""Identities on disk, as the library of the reference writes and reads them; its Python module offers neither.

An identity of the module holds, at its end, the two shared pointers that the library takes for one: of the key and of
the certificate. 4.x has functions for both ways; 2.4.12 only writes, and reads key and certificate apart.
"""

import ctypes
from pathlib import Path

import opendht

IS_4 = hasattr(opendht, "version")
PAIR_BYTES = 32
STRING = "RKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE"
SAVE = ("_ZN3dht6crypto12saveIdentityERKSt4pairISt10shared_ptrINS0_10PrivateKeyEES2_INS0_11CertificateEEE"
        + STRING + "SH_")
LOAD = "_ZN3dht6crypto12loadIdentityE" + STRING + "S8_"


class Text(ctypes.Structure):
    """A std::string of libstdc++ that points to bytes of ours."""
    _fields_ = [("bytes", ctypes.c_char_p), ("count", ctypes.c_size_t), ("capacity", ctypes.c_size_t), ("rest", ctypes.c_size_t)]

    def __init__(self, text: str):
        data = text.encode()
        super().__init__(data, len(data), max(16, len(data)), 0)


def library():
    """The very library that the module has loaded."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "/libopendht" in line and "libopendht-c" not in line:
            return ctypes.CDLL(line.split()[-1])
    raise RuntimeError("the library of the reference is not loaded")


def pair_of(identity):
    return id(identity) + type(identity).__basicsize__ - PAIR_BYTES


def save(identity, path: str, password: str):
    function = getattr(library(), SAVE)
    function.restype, function.argtypes = None, [ctypes.c_void_p, ctypes.POINTER(Text), ctypes.POINTER(Text)]
    function(pair_of(identity), Text(path), Text(password))


def load(path: str, password: str):
    identity = opendht.Identity()
    if IS_4:
        # A failure would be a C++ exception, which ends the process: what must fail is tried in a process of its own.
        function = getattr(library(), LOAD)
        function.restype, function.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.POINTER(Text), ctypes.POINTER(Text)]
        function(pair_of(identity), Text(path), Text(password))
    else:
        import c_library
        read = lambda end: Path(path + end).read_bytes()
        pair = c_library.key_and_certificate(read(".pem"), read(".crt"), password)
        ctypes.memmove(pair_of(identity), pair, PAIR_BYTES)
    return identity
