"""The C library: where it is found, the layouts of its structures, the types of its functions.

Nothing here knows what an operation means; `Handle` owns what the library allocated.
"""

import ctypes
import math
import os
import sys
from ctypes import (CFUNCTYPE, POINTER, Structure, byref, c_bool, c_char, c_char_p, c_int, c_int64, c_size_t, c_ubyte,
                    c_uint, c_uint16, c_uint32, c_uint64, c_void_p)
from pathlib import Path
from typing import Any, Optional

HASH_SIZE, LONG_ID_SIZE, ADDRESS_SIZE = 20, 32, 64
FILE_NAME = "libopendht-c.4.dylib" if sys.platform == "darwin" else "libopendht-c.so.4"


def load() -> ctypes.CDLL:
    """The library in the package, else the one that OPENDHT_LIBRARY names, else the one that the system finds."""
    carried = Path(__file__).with_name("lib") / FILE_NAME
    path = str(carried) if carried.exists() else os.environ.get("OPENDHT_LIBRARY") or FILE_NAME
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"opendht needs the C library, and cannot load {path}: {error}. Install the package as a wheel, "
                          f"or let OPENDHT_LIBRARY name {FILE_NAME}.") from error
    if not hasattr(library, "odht_version"):
        raise ImportError(f"opendht needs {FILE_NAME} of opendht-swift; {path} is another library. "
                          "Let OPENDHT_LIBRARY name the right one.")
    return library


lib = load()
# Strings and arrays that the caller owns come from the C heap.
_free = ctypes.CDLL(None).free
_free.argtypes, _free.restype = [c_void_p], None


class HashBytes(Structure):
    _fields_ = [("d", c_ubyte * HASH_SIZE)]


class LongIdBytes(Structure):
    _fields_ = [("d", c_ubyte * LONG_ID_SIZE)]


class DataView(Structure):
    _fields_ = [("data", c_void_p), ("size", c_size_t)]


class IdentityHandles(Structure):
    _fields_ = [("privatekey", c_void_p), ("certificate", c_void_p)]


class NodeRecord(Structure):
    _fields_ = [("id", HashBytes), ("address", c_char * ADDRESS_SIZE), ("state", c_int), ("error", c_uint16),
                ("expired", c_bool)]


class PutOptions(Structure):
    _fields_ = [("size", c_size_t), ("is_signed", c_bool), ("permanent", c_bool), ("verify", c_bool),
                ("deadline", c_uint32), ("created", c_int64), ("to_key", c_void_p), ("to_id", POINTER(HashBytes)),
                ("to_long_id", POINTER(LongIdBytes)), ("is_encrypted", c_bool)]


class Config(Structure):
    _fields_ = [("size", c_size_t), ("port", c_uint16), ("bind_ipv4", c_char_p), ("bind_ipv6", c_char_p),
                ("node_id", HashBytes), ("network", c_uint32), ("is_bootstrap", c_bool), ("maintain_storage", c_bool),
                ("is_client", c_bool), ("peer_discovery", c_bool), ("peer_publish", c_bool), ("log", c_bool),
                ("requests_per_second", c_int64), ("requests_per_second_and_address", c_int64),
                ("persist_path", c_char_p), ("identity", IdentityHandles), ("proxy_server", c_char_p),
                ("push_node_id", c_char_p), ("push_token", c_char_p), ("push_topic", c_char_p),
                ("push_platform", c_char_p), ("proxy_user_agent", c_char_p), ("server_ca", c_void_p),
                ("client_identity", IdentityHandles)]


class FamilyStatistics(Structure):
    _fields_ = [("status", c_int)] + [(name, c_uint64) for name in (
        "good", "dubious", "cached", "incoming", "table_depth", "searches", "known_nodes", "network_size_estimate")]


class Statistics(Structure):
    _fields_ = [("size", c_size_t), ("ipv4", FamilyStatistics), ("ipv6", FamilyStatistics)] + [
        (name, c_uint64) for name in (
            "storage_keys", "storage_values", "storage_bytes", "listeners", "ongoing_operations", "datagrams_sent",
            "datagrams_received", "bytes_sent", "bytes_received", "retransmissions", "requests_expired", "malformed",
            "rate_limited", "values_refused", "bad_signatures", "not_for_us")]


class IndexField(Structure):
    _fields_ = [("name", c_char_p), ("size", c_size_t)]


class IndexKey(Structure):
    _fields_ = [("name", c_char_p), ("data", c_char_p), ("size", c_size_t)]


class IndexEntry(Structure):
    _fields_ = [("hash", HashBytes), ("id", c_uint64)]


GetCallback = CFUNCTYPE(c_bool, c_void_p, c_void_p)
ValueCallback = CFUNCTYPE(c_bool, c_void_p, c_bool, c_void_p)
DoneCallback = CFUNCTYPE(None, c_void_p, c_void_p)
ShutdownCallback = CFUNCTYPE(None, c_void_p)
IndexCallback = CFUNCTYPE(None, POINTER(IndexEntry), c_size_t, c_char_p, c_void_p)

_hash, _long_id, _handle = POINTER(HashBytes), POINTER(LongIdBytes), c_void_p
_bytes = [c_char_p, c_size_t]  # bytes and how many: zeros within are fine, the library goes by the size
_FUNCTIONS: "dict[str, tuple[Any, list[Any]]]" = {
    "odht_version": (c_char_p, []),
    "odht_error": (c_char_p, []),
    "dht_blob_get_data": (DataView, [_handle]),
    "dht_blob_delete": (None, [_handle]),
    # values
    "odht_value_new": (_handle, [*_bytes, c_uint16, c_uint64, c_char_p]),
    "dht_value_ref": (_handle, [_handle]),
    "dht_value_unref": (None, [_handle]),
    "dht_value_get_id": (c_uint64, [_handle]),
    "dht_value_get_owner": (_handle, [_handle]),
    "dht_value_get_recipient": (HashBytes, [_handle]),
    "dht_value_set_user_type": (None, [_handle, c_char_p]),
    "odht_value_copy_data": (_handle, [_handle, POINTER(c_size_t)]),
    "odht_value_copy_user_type": (_handle, [_handle, POINTER(c_size_t)]),
    "odht_value_get_type": (c_uint16, [_handle]),
    "odht_value_set_id": (None, [_handle, c_uint64]),
    "odht_value_set_type": (None, [_handle, c_uint16]),
    "odht_value_set_data": (None, [_handle, *_bytes]),
    "odht_value_set_recipient": (None, [_handle, _hash]),
    "odht_value_get_sequence": (c_uint16, [_handle]),
    "odht_value_get_size": (c_size_t, [_handle]),
    "odht_value_is_signed": (c_bool, [_handle]),
    "odht_value_is_encrypted": (c_bool, [_handle]),
    "odht_value_was_encrypted": (c_bool, [_handle]),
    "odht_value_print": (_handle, [_handle, POINTER(c_size_t)]),
    # queries
    "odht_query_new": (_handle, [c_char_p]),
    "odht_query_copy": (_handle, [_handle]),
    "odht_query_delete": (None, [_handle]),
    "odht_query_select": (c_bool, [_handle, c_int]),
    "odht_query_where_id": (None, [_handle, c_uint64]),
    "odht_query_where_value_type": (None, [_handle, c_uint16]),
    "odht_query_where_owner": (None, [_handle, _hash]),
    "odht_query_where_sequence": (None, [_handle, c_uint16]),
    "odht_query_where_user_type": (None, [_handle, c_char_p]),
    "odht_query_is_satisfied_by": (c_bool, [_handle, _handle]),
    "odht_query_print": (_handle, [_handle]),
    # outcomes
    "odht_outcome_get_code": (c_int, [_handle]),
    "odht_outcome_get_message": (c_char_p, [_handle]),
    "odht_outcome_get_node_count": (c_size_t, [_handle]),
    "odht_outcome_get_node": (c_bool, [_handle, c_size_t, POINTER(NodeRecord)]),
    "odht_outcome_get_value_id": (c_uint64, [_handle]),
    "odht_outcome_get_sequence": (c_uint16, [_handle]),
    "odht_outcome_is_verified": (c_bool, [_handle]),
    # operations
    "odht_operation_cancel": (None, [_handle]),
    "odht_operation_delete": (None, [_handle]),
    "odht_runner_get": (_handle, [_handle, _hash, _handle, c_uint32, GetCallback, DoneCallback, c_void_p]),
    "odht_runner_listen": (_handle, [_handle, _hash, _handle, ValueCallback, DoneCallback, c_void_p]),
    "odht_runner_ping": (_handle, [_handle, c_char_p, c_char_p, c_uint32, DoneCallback, c_void_p]),
    "odht_runner_put": (_handle, [_handle, _hash, _handle, POINTER(PutOptions), DoneCallback, c_void_p]),
    "dht_runner_cancel_put": (None, [_handle, _hash, c_uint64]),
    "odht_runner_shutdown": (None, [_handle, c_uint32, DoneCallback, c_void_p]),
    "dht_runner_shutdown": (None, [_handle, ShutdownCallback, c_void_p]),
    # the node
    "dht_runner_new": (_handle, []),
    "dht_runner_delete": (None, [_handle]),
    "odht_runner_run": (c_int, [_handle, POINTER(Config)]),
    "odht_runner_stop": (None, [_handle]),
    "dht_runner_bootstrap": (None, [_handle, c_char_p, c_char_p]),
    "dht_runner_get_node_id": (HashBytes, [_handle]),
    "dht_runner_get_id": (HashBytes, [_handle]),
    "dht_runner_is_running": (c_bool, [_handle]),
    "dht_runner_get_bound_port": (c_uint16, [_handle, c_uint16]),
    "odht_runner_register_type": (c_bool, [_handle, c_uint16, c_char_p, c_uint64]),
    "odht_runner_wait_connected": (c_int, [_handle, c_uint32]),
    "odht_runner_get_statistics": (c_bool, [_handle, POINTER(Statistics)]),
    "odht_runner_take_request_counts": (None, [_handle, c_uint64 * 5]),
    "odht_runner_print_storage": (_handle, [_handle, _hash]),
    "odht_runner_print_routing_table": (_handle, [_handle, c_uint16]),
    "odht_runner_print_searches": (_handle, [_handle, _hash, c_uint16]),
    "odht_runner_log_to": (c_bool, [_handle, c_char_p]),
    # the index
    "odht_index_new": (_handle, [_handle, *_bytes, POINTER(IndexField), c_size_t]),
    "odht_index_delete": (None, [_handle]),
    "odht_index_lookup": (_handle, [_handle, POINTER(IndexKey), c_size_t, c_int, IndexCallback, DoneCallback, c_void_p]),
    "odht_index_insert": (_handle, [_handle, POINTER(IndexKey), c_size_t, POINTER(IndexEntry), DoneCallback, c_void_p]),
    # keys, certificates, trust
    "dht_publickey_import": (_handle, _bytes),
    "dht_publickey_delete": (None, [_handle]),
    "dht_publickey_export": (c_int, [_handle, c_char_p, POINTER(c_size_t)]),
    "dht_publickey_get_id": (HashBytes, [_handle]),
    "dht_publickey_get_long_id": (LongIdBytes, [_handle]),
    "dht_publickey_check_signature": (c_bool, [_handle, *_bytes, *_bytes]),
    "dht_publickey_encrypt": (_handle, [_handle, *_bytes]),
    "dht_privatekey_generate": (_handle, [c_uint]),
    "odht_privatekey_generate_ec": (_handle, []),
    "dht_privatekey_get_publickey": (_handle, [_handle]),
    "dht_privatekey_decrypt": (_handle, [_handle, *_bytes]),
    "dht_privatekey_delete": (None, [_handle]),
    "odht_privatekey_sign": (_handle, [_handle, *_bytes]),
    "dht_certificate_import": (_handle, _bytes),
    "dht_certificate_get_id": (HashBytes, [_handle]),
    "dht_certificate_get_long_id": (LongIdBytes, [_handle]),
    "dht_certificate_delete": (None, [_handle]),
    "odht_certificate_generate": (_handle, [_handle, c_char_p, POINTER(IdentityHandles), c_bool]),
    "odht_certificate_get_name": (_handle, [_handle]),
    "odht_certificate_print": (_handle, [_handle, c_bool]),
    "odht_certificate_get_issuer": (_handle, [_handle]),
    "odht_certificate_revoke": (c_bool, [_handle, _handle, _handle]),
    "odht_identity_generate": (IdentityHandles, [c_char_p, POINTER(IdentityHandles), c_uint, c_bool]),
    "odht_identity_save": (c_bool, [POINTER(IdentityHandles), c_char_p, c_char_p]),
    "odht_identity_load": (IdentityHandles, [c_char_p, c_char_p]),
    "odht_trust_list_new": (_handle, []),
    "odht_trust_list_delete": (None, [_handle]),
    "odht_trust_list_add": (None, [_handle, _handle]),
    "odht_trust_list_remove": (None, [_handle, _handle]),
    "odht_trust_list_verify": (c_uint32, [_handle, _handle]),
    "odht_aes_encrypt": (_handle, [*_bytes, c_char_p]),
    "odht_aes_decrypt": (_handle, [*_bytes, c_char_p]),
}
for _name, (_result, _arguments) in _FUNCTIONS.items():
    _function = getattr(lib, _name)
    _function.restype, _function.argtypes = _result, _arguments


def last_error() -> str:
    """Why the last function that failed on this thread did."""
    return (lib.odht_error() or b"").decode(errors="replace")


def take_string(pointer: Optional[int], size: Optional[int] = None) -> bytes:
    """Copies a string that we own, and frees it."""
    if not pointer:
        return b""
    text = ctypes.string_at(pointer) if size is None else ctypes.string_at(pointer, size)
    _free(pointer)
    return text


def view(data: DataView) -> bytes:
    return ctypes.string_at(data.data, data.size) if data.size else b""


def take_blob(pointer: int) -> bytes:
    """Copies a blob that we own, and frees it."""
    content = view(lib.dht_blob_get_data(pointer))
    lib.dht_blob_delete(pointer)
    return content


class Handle:
    """Owns an object of the library. It cannot be copied: two owners would free it twice."""

    __slots__ = ("_native", "__weakref__")
    _native: Optional[int]
    _delete: Any = None

    def __del__(self) -> None:
        native = getattr(self, "_native", None)
        if native:
            self._native = None
            self._delete(native)

    def __reduce__(self) -> Any:
        raise TypeError(f"cannot copy or pickle {type(self).__name__}")


def expect(value: Any, kind: type, name: str) -> Any:
    """The argument, of the class it must have: what the library gets is always what it thinks it is."""
    if not isinstance(value, kind):
        raise TypeError(f"Argument '{name}' has incorrect type (expected {kind.__name__}, got {type(value).__name__})")
    return value


def unsigned(value: int, bits: int) -> int:
    """A number that fits: ctypes would cut it silently."""
    if not isinstance(value, int):
        raise TypeError(f"an integer is required, not {type(value).__name__}")
    if value < 0 or value >> bits:
        raise OverflowError(f"{value} does not fit into {bits} bits")
    return value


def signed(value: int, bits: int) -> int:
    if not isinstance(value, int):
        raise TypeError(f"an integer is required, not {type(value).__name__}")
    if not -1 << bits - 1 <= value < 1 << bits - 1:
        raise OverflowError(f"{value} does not fit into {bits} bits and a sign")
    return value


def milliseconds(seconds: float) -> int:
    """For the library, to which 0 is no limit: a moment is one millisecond."""
    return unsigned(math.ceil(1000 * seconds), 32)


def text(value: str, name: str) -> bytes:
    """A string for C, which ends at the first zero."""
    encoded: bytes = expect(value, str, name).encode()
    if b"\0" in encoded:
        raise ValueError(f"Argument '{name}' has a null character")
    return encoded
