"""Values found by keys of several fields."""

from typing import Any, Callable, List, Mapping, Optional

from ._ends import drop_part
from ._hashes import InfoHash
from ._library import Handle, HashBytes, IndexEntry, IndexField, IndexKey, expect, last_error, lib, text, unsigned
from ._operations import Operation, on_done, on_entries, succeeded
from ._runner import DhtRunner

_EXACT, _NEAREST = 0, 1
_NODE_ENTRIES = 16  # what a node of the index holds before it is split


class IndexValue:
    """What an index finds: a key of the network, and the id of a value there."""

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


LookupCallback = Callable[[List[IndexValue], bytes], Any]
DoneCallback = Callable[[bool], Any]


class Pht(Handle):
    """An index of the network, shared by all who use its name and its fields, whose sizes in bytes are given. It tends
    what it inserted for ten minutes, while it lives."""

    __slots__ = ("_dht",)

    def __init__(self, name: bytes, key_spec: Mapping[str, int], dht: DhtRunner):
        self._native = None
        self._dht = expect(dht, DhtRunner, "dht")
        fields = [IndexField(text(field, "key_spec"), unsigned(size, 32)) for field, size in key_spec.items()]
        self._native = lib.odht_index_new(dht._node, expect(name, bytes, "name"), len(name),
                                          (IndexField * len(fields))(*fields), len(fields))
        if not self._native:
            raise ValueError(last_error())

    def _delete(self, native: int) -> None:
        drop_part(lib.odht_index_delete, native, self._dht._native)

    @property
    def MAX_NODE_ENTRY_COUNT(self) -> int:
        return _NODE_ENTRIES

    def lookup(self, key: Mapping[str, bytes], lookup_cb: Optional[LookupCallback] = None,
               done_cb: Optional[DoneCallback] = None, *, nearest: bool = False) -> None:
        """Finds the entries of a key, or those nearest to it. Does not wait: `lookup_cb(entries, prefix)`, where the prefix
        tells where in the index the lookup ended, then `done_cb(ok)`. ValueError for a key without just the fields."""
        operation = self._operation(done_cb)
        if lookup_cb is not None:
            callback = lookup_cb
            operation.each = lambda found, prefix: callback([IndexValue(key, value) for key, value in found], prefix)
        self._begin(operation, lib.odht_index_lookup, key, _NEAREST if nearest else _EXACT, on_entries)

    def insert(self, key: Mapping[str, bytes], value: IndexValue, done_cb: Optional[DoneCallback] = None) -> None:
        """Stores an entry under a key. Does not wait: `done_cb(ok)`."""
        expect(value, IndexValue, "value")
        entry = IndexEntry(HashBytes.from_buffer_copy(value._key._bytes), value._value_id)
        self._begin(self._operation(done_cb), lib.odht_index_insert, key, entry)

    def _operation(self, done_cb: Optional[DoneCallback]) -> Operation:
        """Holds the index until it is over: one that nobody holds ends what runs."""
        def done(outcome: Optional[int], index: "Pht" = self) -> None:
            if done_cb is not None:
                done_cb(succeeded(outcome))
        return Operation(self._dht._node, done)

    def _begin(self, operation: Operation, function: Any, key: Mapping[str, bytes], *arguments: Any) -> None:
        parts = [IndexKey(text(name, "key"), expect(data, bytes, "key"), len(data)) for name, data in key.items()]
        operation.begin_at(self._native, function, (IndexKey * len(parts))(*parts), len(parts), *arguments, on_done)
        if not operation.has_begun:
            operation.forget()
            raise ValueError(last_error())
