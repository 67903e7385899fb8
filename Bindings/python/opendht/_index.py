"""Values found by prefixes of fields."""

from typing import Optional

from ._hashes import InfoHash
from ._library import expect, unsigned


class IndexValue:
    """What an index holds: a key, and the id of a value there."""

    __slots__ = ("_key", "_value_id")

    def __init__(self, h: Optional[InfoHash] = None, vid: int = 0):
        self._key = InfoHash() if h is None else expect(h, InfoHash, "h")
        self._value_id = unsigned(vid, 64)

    def getKey(self) -> InfoHash:
        return self._key

    def getValueId(self) -> int:
        return self._value_id

    def __str__(self) -> str:
        return f"({self._key}, {self._value_id})"

    def __repr__(self) -> str:
        return f"<IndexValue '{self}'>"

    def __hash__(self) -> int:
        return hash((self._key, self._value_id))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IndexValue):
            return NotImplemented
        return (self._key, self._value_id) == (other._key, other._value_id)
