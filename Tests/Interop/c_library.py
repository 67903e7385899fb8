"""What the Python module of 2.4.12 leaves out and its C library offers: permanent, signed and encrypted puts, and keys.

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
        ("dht_runner_put_signed", None,
         [ctypes.c_void_p, ctypes.POINTER(Hash), ctypes.c_void_p, Done, ctypes.c_void_p, ctypes.c_bool]),
        ("dht_runner_put_encrypted", None,
         [ctypes.c_void_p, ctypes.POINTER(Hash), ctypes.POINTER(Hash), ctypes.c_void_p, Done, ctypes.c_void_p, ctypes.c_bool]),
        ("dht_value_get_owner", ctypes.c_void_p, [ctypes.c_void_p]),
        ("dht_value_get_recipient", Hash, [ctypes.c_void_p]),
        ("dht_publickey_get_id", Hash, [ctypes.c_void_p]),
        ("dht_publickey_delete", None, [ctypes.c_void_p]),
        ("dht_privatekey_import", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]),
        ("dht_certificate_import", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_size_t]),
        ("dht_runner_cancel_put", None, [ctypes.c_void_p, ctypes.POINTER(Hash), ctypes.c_uint64])):
    getattr(library, name).restype, getattr(library, name).argtypes = result, arguments

waiting = []  # callbacks that the library may still call


def put_permanently(runner, key: str, value, done):
    """Puts a value of the module, whose id is chosen; `done(ok)` is called on a thread of the node."""
    library.dht_runner_put(pointer_of(runner), hash_of(key), pointer_of_value(value), callback(value, done), None, True)


def put_signed(runner, key: str, value, done, permanent: bool):
    library.dht_runner_put_signed(
        pointer_of(runner), hash_of(key), pointer_of_value(value), callback(value, done), None, permanent)


def put_encrypted(runner, key: str, recipient: str, value, done, permanent: bool):
    """The recipient is the id of a key, 40 hex digits."""
    library.dht_runner_put_encrypted(
        pointer_of(runner), hash_of(key), hash_of(recipient), pointer_of_value(value), callback(value, done), None, permanent)


def callback(value, done):
    function = Done(lambda ok, _: done(ok))
    waiting.append((function, value))
    return function


def signer(value):
    """Id of who signed a value, None for nobody; and whether it was encrypted for somebody."""
    pointer = pointer_of_value(value)
    owner = library.dht_value_get_owner(pointer)
    if not owner:
        return None, False
    identifier = bytes(library.dht_publickey_get_id(owner).bytes).hex()
    library.dht_publickey_delete(owner)
    return identifier, any(library.dht_value_get_recipient(pointer).bytes)


def key_and_certificate(key: bytes, certificate: bytes, password: str):
    """Shared pointers of both, 16 bytes each; RuntimeError when one of them is not read. They live as long as the process."""
    handles = (library.dht_privatekey_import(key, len(key), password.encode() or None),
               library.dht_certificate_import(certificate, len(certificate)))
    if not all(handles):
        raise RuntimeError("the key is not read" if not handles[0] else "the certificate is not read")
    return b"".join(ctypes.string_at(handle, 16) for handle in handles)


def pointer_of_value(value):
    pointer = id(value) + HEADER_BYTES
    if library.dht_value_get_id(pointer) != value.id:
        raise RuntimeError("a value of this module is not where it was expected")
    return pointer


def cancel_put(runner, key: str, value_id: int):
    library.dht_runner_cancel_put(pointer_of(runner), hash_of(key), value_id)


def pointer_of(runner):
    pointer = ctypes.c_void_p.from_address(id(runner) + HEADER_BYTES).value
    if bytes(library.dht_runner_get_node_id(pointer).bytes).hex() != runner.getNodeId().decode():
        raise RuntimeError("a node of this module is not where it was expected")
    return pointer


def hash_of(key: str):
    return ctypes.byref(Hash.from_buffer_copy(bytes.fromhex(key)))
