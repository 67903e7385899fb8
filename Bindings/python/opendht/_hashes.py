"""Keys, and the ids of nodes and public keys: bytes that can be compared."""

import hashlib
import secrets
from typing import Any, TypeVar, Union

from ._library import HASH_SIZE, LONG_ID_SIZE, HashBytes, LongIdBytes, expect, unsigned

Self = TypeVar("Self", bound="_Hash")


class _WithID:
    """What has an id, and is shown by it."""

    __slots__ = ()

    def getId(self) -> "InfoHash":
        raise NotImplementedError

    def __str__(self) -> str:
        return str(self.getId())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self}'>"


class _WithPk:
    """What has the long id of a public key, and is shown by it."""

    __slots__ = ()

    def getLongId(self) -> "PkId":
        raise NotImplementedError

    def __str__(self) -> str:
        return str(self.getLongId())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self}'>"


class _Hash:
    """Some bytes, written in hexadecimal digits. Those who use one as key of a dictionary do not set its bits."""

    __slots__ = ("_bytes",)
    _bytes: bytes
    _size = 0

    def __init__(self, str: Union[bytes, bytearray, "_Hash", None] = b""):
        if isinstance(str, _Hash):
            str = str.toString()
        if str is not None and not isinstance(str, (bytes, bytearray)):
            expect(str, bytes, "str")
        try:
            digits = bytes(str or b"")[:2 * self._size].decode("ascii")
            # fromhex() takes spaces, which are no digits.
            content = b"" if any(digit.isspace() for digit in digits) else bytes.fromhex(digits)
        except ValueError:
            content = b""
        self._bytes = content if len(content) == self._size else bytes(self._size)

    @classmethod
    def _of(cls: "type[Self]", content: Any) -> Self:
        made = cls.__new__(cls)
        made._bytes = bytes(content)
        return made

    @classmethod
    def getRandom(cls: "type[Self]") -> Self:
        return cls._of(secrets.token_bytes(cls._size))

    @staticmethod
    def commonBits(a: "_Hash", b: "_Hash") -> int:
        """How many bits from the top are equal."""
        expect(b, type(expect(a, _Hash, "a")), "b")
        difference = int.from_bytes(a._bytes, "big") ^ int.from_bytes(b._bytes, "big")
        return 8 * a._size - difference.bit_length()

    def getBit(self, bit: int) -> bool:
        """Bit 0 is the top one; there are none beyond the last."""
        if unsigned(bit, 32) >= 8 * self._size:
            return False
        return bool(self._bytes[bit // 8] & (0x80 >> bit % 8))

    def setBit(self, bit: int, b: bool) -> None:
        if unsigned(bit, 32) >= 8 * self._size:
            return
        content = bytearray(self._bytes)
        content[bit // 8] = content[bit // 8] & ~(0x80 >> bit % 8) | (0x80 >> bit % 8 if b else 0)
        self._bytes = bytes(content)

    def toString(self) -> bytes:
        return self._bytes.hex().encode()

    def toFloat(self) -> float:
        """Where it stands between 0 and 1."""
        return int.from_bytes(self._bytes, "big") / (1 << 8 * self._size)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """The digits: programs written for 2.x get bytes from `getNodeId`, and decode them."""
        return self._bytes.hex()

    def __str__(self) -> str:
        return self._bytes.hex()

    def __bool__(self) -> bool:
        return any(self._bytes)

    def __hash__(self) -> int:
        return hash(self._bytes)

    def __eq__(self, other: object) -> bool:
        return self._bytes == other._bytes if type(other) is type(self) else NotImplemented

    def __lt__(self: Self, other: Self) -> bool:
        return self._bytes < other._bytes if type(other) is type(self) else NotImplemented

    def __le__(self: Self, other: Self) -> bool:
        return self._bytes <= other._bytes if type(other) is type(self) else NotImplemented

    def __gt__(self: Self, other: Self) -> bool:
        return self._bytes > other._bytes if type(other) is type(self) else NotImplemented

    def __ge__(self: Self, other: Self) -> bool:
        return self._bytes >= other._bytes if type(other) is type(self) else NotImplemented


class InfoHash(_Hash, _WithID):
    """A key, the id of a node, or the id of a public key."""

    __slots__ = ()
    _size = HASH_SIZE

    @staticmethod
    def get(key: str) -> "InfoHash":
        """The key that stands for a text: its SHA-1."""
        return InfoHash._of(hashlib.sha1(expect(key, str, "key").encode()).digest())

    def getId(self) -> "InfoHash":
        return self

    def _struct(self) -> HashBytes:
        return HashBytes.from_buffer_copy(self._bytes)


class PkId(_Hash, _WithPk):
    """The long id of a public key."""

    __slots__ = ()
    _size = LONG_ID_SIZE

    @staticmethod
    def get(key: str) -> "PkId":
        """The SHA-256 of a text."""
        return PkId._of(hashlib.sha256(expect(key, str, "key").encode()).digest())

    def getLongId(self) -> "PkId":
        return self

    def _struct(self) -> LongIdBytes:
        return LongIdBytes.from_buffer_copy(self._bytes)


def hash_of(struct: HashBytes) -> InfoHash:
    return InfoHash._of(struct.d)


def long_id_of(struct: LongIdBytes) -> PkId:
    return PkId._of(struct.d)


