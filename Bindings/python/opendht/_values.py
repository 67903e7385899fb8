"""Values, and the types they can have."""

from ctypes import c_size_t
from datetime import timedelta
from typing import Union

from ._crypto import PublicKey
from ._hashes import InfoHash, hash_of
from ._library import Handle, expect, lib, take_string, text, unsigned


class Value(Handle):
    """Some data, under an id that its first put gives it. The argument `id` is the number of its type."""

    __slots__ = ()
    _delete = lib.dht_value_unref

    def __init__(self, val: Union[bytes, bytearray] = b"", id: int = 0):
        data = _data(val, "val")
        self._native = lib.odht_value_new(data, len(data), unsigned(id, 16), 0, None)

    @classmethod
    def _borrowed(cls, native: int) -> "Value":
        """A value that a callback got: one more handle of it."""
        made = cls.__new__(cls)
        made._native = lib.dht_value_ref(native)
        return made

    @property
    def data(self) -> bytes:
        size = c_size_t()  # copied by the library: another thread may set it meanwhile
        pointer = lib.odht_value_copy_data(self._native, size)
        return take_string(pointer, size.value)

    @data.setter
    def data(self, value: Union[bytes, bytearray]) -> None:
        data = _data(value, "value")
        lib.odht_value_set_data(self._native, data, len(data))

    @property
    def user_type(self) -> str:
        size = c_size_t()
        pointer = lib.odht_value_copy_user_type(self._native, size)
        return take_string(pointer, size.value).decode(errors="replace")

    @user_type.setter
    def user_type(self, t: str) -> None:
        lib.dht_value_set_user_type(self._native, text(t, "t"))

    @property
    def id(self) -> int:
        return int(lib.dht_value_get_id(self._native))

    @id.setter
    def id(self, value: int) -> None:
        lib.odht_value_set_id(self._native, unsigned(value, 64))

    @property
    def type(self) -> int:
        """Number of its type."""
        return int(lib.odht_value_get_type(self._native))

    @type.setter
    def type(self, number: int) -> None:
        lib.odht_value_set_type(self._native, unsigned(number, 16))

    @property
    def recipient(self) -> InfoHash:
        """Whom it is for; zero for everybody."""
        return hash_of(lib.dht_value_get_recipient(self._native))

    @recipient.setter
    def recipient(self, h: InfoHash) -> None:
        lib.odht_value_set_recipient(self._native, expect(h, InfoHash, "h")._struct())

    @property
    def owner(self) -> PublicKey:
        """Who signed it: an empty key, which is false, for nobody."""
        key: PublicKey = PublicKey._owned(lib.dht_value_get_owner(self._native))
        return key

    @property
    def size(self) -> int:
        """Bytes that count for the limits of the network."""
        return int(lib.odht_value_get_size(self._native))

    @property
    def seq(self) -> int:
        """Number of the edition of a signed value."""
        return int(lib.odht_value_get_sequence(self._native))

    @property
    def is_signed(self) -> bool:
        return bool(lib.odht_value_is_signed(self._native))

    @property
    def is_encrypted(self) -> bool:
        """Still encrypted: for somebody else."""
        return bool(lib.odht_value_is_encrypted(self._native))

    @property
    def was_encrypted(self) -> bool:
        """It came encrypted for us, and was opened."""
        return bool(lib.odht_value_was_encrypted(self._native))

    def __str__(self) -> str:
        size = c_size_t()
        pointer = lib.odht_value_print(self._native, size)
        return take_string(pointer, size.value).decode(errors="replace")


class ValueType:
    """A kind of values: its number, its name, and how long its values live."""

    __slots__ = ("_id", "_name", "_expiration")

    def __init__(self, id: int, name: str, expiration: timedelta):
        if not isinstance(expiration, timedelta):
            raise TypeError("expiration argument must be of type timedelta")
        self._id, self._name, self._expiration = unsigned(id, 16), expect(name, str, "name"), expiration


def _data(value: Union[bytes, bytearray], name: str) -> bytes:
    return bytes(value) if isinstance(value, bytearray) else bytes(expect(value, bytes, name))
