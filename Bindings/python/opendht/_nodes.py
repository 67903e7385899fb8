"""Nodes of the network, as operations name them."""

import bisect
from enum import IntEnum
from typing import Any, Iterable, Iterator, List

from ._hashes import InfoHash, _WithID, hash_of
from ._library import NodeRecord, expect


class NodeState(IntEnum):
    """What a node did in an operation."""

    ANSWERED = 0
    STORED = 1
    SILENT = 2
    REFUSED = 3
    ACKNOWLEDGED_NOTHING = 4  # its answer named no value
    HOLDS_SIGNED_VALUE = 5
    NOT_FOUND_ON_VERIFY = 6  # it acknowledged, but reading back did not show the value
    SILENT_ON_VERIFY = 7
    UNREACHABLE = 8
    UNFINISHED = 9
    UNKNOWN = -1

    @classmethod
    def _missing_(cls, value: object) -> "NodeState":
        return cls.UNKNOWN


class Node(_WithID):
    """A node: its id and its address."""

    __slots__ = ("_id", "_address", "_expired")

    def __init__(self) -> None:
        self._id, self._address, self._expired = InfoHash(), "", False

    def getId(self) -> InfoHash:
        return self._id

    def getAddr(self) -> bytes:
        return self._address.encode()

    def isExpired(self) -> bool:
        """It does not answer any more."""
        return self._expired


class NodeEntry(_WithID):
    """A node in the outcome of an operation: `state` says what it did there, `error` is the number of its refusal."""

    __slots__ = ("_node", "state", "error")

    def __init__(self) -> None:
        self._node, self.state, self.error = Node(), NodeState.UNKNOWN, 0

    @classmethod
    def _of(cls, record: NodeRecord) -> "NodeEntry":
        entry = cls()
        node = entry._node
        node._id, node._address, node._expired = hash_of(record.id), record.address.decode(), record.expired
        entry.state, entry.error = NodeState(record.state), record.error
        return entry

    def getId(self) -> InfoHash:
        return self._node._id

    def getNode(self) -> Node:
        return self._node


class NodeSet:
    """Nodes in the order of their ids, each once."""

    __slots__ = ("_ids", "_entries")

    def __init__(self) -> None:
        self._ids: List[bytes] = []
        self._entries: List[NodeEntry] = []

    def size(self) -> int:
        return len(self._entries)

    def insert(self, l: NodeEntry) -> bool:  # noqa: E741, a keyword of the interface
        """Whether it is new."""
        key = expect(l, NodeEntry, "l").getId()._bytes
        at = bisect.bisect_left(self._ids, key)
        if self._ids[at:at + 1] == [key]:
            return False
        self._ids.insert(at, key)
        self._entries.insert(at, l)
        return True

    def extend(self, li: Iterable[NodeEntry]) -> None:
        for entry in li:
            self.insert(entry)

    def first(self) -> InfoHash:
        return self._at(0)

    def last(self) -> InfoHash:
        return self._at(-1)

    def _at(self, index: int) -> InfoHash:
        if not self._entries:
            raise IndexError("no nodes")
        return self._entries[index].getId()

    def __len__(self) -> int:
        return self.size()

    def __iter__(self) -> "NodeSetIter":
        return NodeSetIter(self)

    def __str__(self) -> str:
        return "".join(f"{entry.getId()} {entry.getNode()._address}\n" for entry in self._entries)


class NodeSetIter:
    """Goes over the nodes that a set had when it began."""

    __slots__ = ("_iterator",)

    def __init__(self, s: NodeSet):
        self._iterator: Iterator[NodeEntry] = iter(list(expect(s, NodeSet, "s")._entries))

    def __iter__(self) -> "NodeSetIter":
        return self

    def __next__(self) -> NodeEntry:
        return next(self._iterator)


def entries_of(count: int, read: Any) -> "List[NodeEntry]":
    """The nodes of an outcome; `read` fills in a record by its index."""
    record = NodeRecord()
    return [NodeEntry._of(record) for index in range(count) if read(index, record)]
