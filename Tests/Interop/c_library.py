"""What the Python module of 2.4.12 leaves out and its C library offers: permanent puts, and their end.

Both stand on the same shared library, so the C functions work on the objects of the module: an object of the module
holds, right after Python's own header, the shared pointer that the C library takes for a value, and the one whose first
word it takes for a node. Each is checked by its id before it is used.
"""

import ctypes

HEADER_BYTES = object.__basicsize__


class Hash(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint8 * 20)]


Done = ctypes.CFUNCTYPE(None, ctypes.c_bool, ctypes.c_void_p)
library = ctypes.CDLL("libopendht-c.so.2")
for name, result, arguments in (
        ("dht_value_get_id", ctypes.c_uint64, [ctypes.c_void_p]),
        ("dht_runner_get_node_id", Hash, [ctypes.c_void_p]),
        ("dht_runner_put", None,
         [ctypes.c_void_p, ctypes.POINTER(Hash), ctypes.c_void_p, Done, ctypes.c_void_p, ctypes.c_bool]),
        ("dht_runner_cancel_put", None, [ctypes.c_void_p, ctypes.POINTER(Hash), ctypes.c_uint64])):
    getattr(library, name).restype, getattr(library, name).argtypes = result, arguments

waiting = []  # callbacks that the library may still call


def put_permanently(runner, key: str, value, done):
    """Puts a value of the module, whose id is chosen; `done(ok)` is called on a thread of the node."""
    pointer = id(value) + HEADER_BYTES
    if library.dht_value_get_id(pointer) != value.id:
        raise RuntimeError("a value of this module is not where it was expected")
    callback = Done(lambda ok, _: done(ok))
    waiting.append((callback, value))
    library.dht_runner_put(pointer_of(runner), hash_of(key), pointer, callback, None, True)


def cancel_put(runner, key: str, value_id: int):
    library.dht_runner_cancel_put(pointer_of(runner), hash_of(key), value_id)


def pointer_of(runner):
    pointer = ctypes.c_void_p.from_address(id(runner) + HEADER_BYTES).value
    if bytes(library.dht_runner_get_node_id(pointer).bytes).hex() != runner.getNodeId().decode():
        raise RuntimeError("a node of this module is not where it was expected")
    return pointer


def hash_of(key: str):
    return ctypes.byref(Hash.from_buffer_copy(bytes.fromhex(key)))
