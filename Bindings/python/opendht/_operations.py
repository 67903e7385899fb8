"""Operations that run: what the library calls back, and how a call waits for it.

The library gives back with each call the number that it got with the operation. It is the key of a table, and never
used again, so that what comes late finds nothing, neither freed memory nor another operation. There is no lock: a lock here could be held by a thread that
collects garbage, and so waits for the node that wants to call back.
"""

import itertools
import sys
import threading
import traceback
from itertools import starmap
from types import SimpleNamespace
from typing import Any, Callable, Dict, List, Optional

from ._hashes import hash_of
from ._library import DoneCallback, GetCallback, IndexCallback, ShutdownCallback, ValueCallback, lib
from ._nodes import NodeEntry, entries_of
from ._values import Value
from .errors import Code

_numbers = itertools.count(1)
_live: "Dict[int, Operation]" = {}
_calling = threading.local()  # which node is calling back on this thread


class Receipt:
    """How an operation ended: true if it succeeded. `code` and `message` say why not, `nodes` who did what."""

    __slots__ = ("code", "message", "nodes", "value_id", "seq", "verified")

    def __init__(self, outcome: Optional[int]):
        self.code = Code(lib.odht_outcome_get_code(outcome))
        self.message: str = lib.odht_outcome_get_message(outcome).decode(errors="replace")
        self.nodes = nodes_of(outcome)
        self.value_id = int(lib.odht_outcome_get_value_id(outcome))
        self.seq = int(lib.odht_outcome_get_sequence(outcome))
        self.verified = bool(lib.odht_outcome_is_verified(outcome))

    def __bool__(self) -> bool:
        return self.code is Code.OK

    def __repr__(self) -> str:
        return f"<Receipt {self.code.name} {len(self.nodes)} nodes{': ' if self.message else ''}{self.message}>"


def succeeded(outcome: Optional[int]) -> bool:
    return bool(lib.odht_outcome_get_code(outcome) == Code.OK)


def nodes_of(outcome: Optional[int]) -> List[NodeEntry]:
    return entries_of(lib.odht_outcome_get_node_count(outcome),
                      lambda index, record: lib.odht_outcome_get_node(outcome, index, record))


class Operation:
    """`each` gets what the operation tells, and says whether to go on; `done` reads its outcome."""

    def __init__(self, node: int, done: Callable[[Optional[int]], Any], each: Optional[Callable[..., Any]] = None):
        self.node, self.done, self.each = node, done, each
        self.number, self._handles = next(_numbers), []  # type: int, List[Optional[int]]

    def begin(self, function: Any, *arguments: Any) -> None:
        """Calls a function of the library for the node."""
        self.begin_at(self.node, function, *arguments)

    def begin_at(self, target: Optional[int], function: Any, *arguments: Any) -> None:
        """Calls a function of the library, whose last argument is the number."""
        _live[self.number] = self
        try:
            # Called and kept by one call, which Control-C cannot divide: it comes before or after.
            self._handles.extend(starmap(function, [(target, *arguments, self.number)]))
        except BaseException:
            if self._handles:  # it runs: its end tells the table
                self.cancel()
            else:  # it never came to the library
                self.forget()
            raise

    @property
    def has_begun(self) -> bool:
        return any(self._handles)

    def cancel(self) -> None:
        for handle in filter(None, self._handles):
            lib.odht_operation_cancel(handle)

    def forget(self) -> None:
        """It did not begin: no callback comes."""
        _live.pop(self.number, None)

    def lose(self) -> None:
        """It was the parent's of a fork: what the library has of it stays as it is."""
        self._handles.clear()

    def __del__(self) -> None:
        for handle in filter(None, getattr(self, "_handles", ())):
            lib.odht_operation_delete(handle)

    def call(self, callback: Callable[..., Any], *arguments: Any) -> bool:
        """The answer of a callback of the application; one that fails says no."""
        outer = getattr(_calling, "node", None)
        _calling.node = self.node
        try:
            return bool(callback(*arguments))
        except BaseException as error:
            report(callback, error)
            return False
        finally:
            _calling.node = outer


class Waiting(Operation):
    """An operation that a call waits for. The wait ends by Control-C too."""

    def __init__(self, node: int, done: Callable[[Optional[int]], Any], each: Optional[Callable[..., Any]] = None):
        super().__init__(node, self._end, each)
        self.read, self.ended, self.result = done, threading.Event(), None

    def _end(self, outcome: Optional[int]) -> None:
        try:
            self.result = self.read(outcome)
        finally:
            self.ended.set()

    def wait(self, function: Any, *arguments: Any) -> Any:
        try:
            self.begin(function, *arguments)
            self.ended.wait()
        finally:  # cancelled if the wait was interrupted, over otherwise
            self.cancel()
        return self.result


def is_calling(node: Optional[int]) -> bool:
    """Whether this is the callback thread of a node: to wait for the node would be to wait for oneself."""
    return node is not None and getattr(_calling, "node", None) == node


def forget_all() -> None:
    """Nothing that began calls back any more: that of the parent after a fork, all at the end."""
    for operation in list(_live.values()):
        operation.lose()
    _live.clear()
    _calling.__dict__.clear()


def report(callback: Any, error: BaseException) -> None:
    """Prints what nobody can catch, as Python does for what a destructor raises."""
    if sys.unraisablehook is sys.__unraisablehook__:  # which takes nothing that is made here
        print(f"Exception ignored in: {callback!r}", file=sys.stderr)
        traceback.print_exception(type(error), error, error.__traceback__)
    else:
        sys.unraisablehook(SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=error.__traceback__,
                                           err_msg=None, object=callback))


@GetCallback  # type: ignore[untyped-decorator,unused-ignore]
def on_value(value: int, number: int) -> bool:
    operation = _live.get(number)
    if operation is None or operation.each is None:
        return False
    return operation.call(operation.each, Value._borrowed(value))


@ValueCallback  # type: ignore[untyped-decorator,unused-ignore]
def on_change(value: int, expired: bool, number: int) -> bool:
    operation = _live.get(number)
    if operation is None or operation.each is None:
        return False
    return operation.call(operation.each, Value._borrowed(value), expired)


@DoneCallback  # type: ignore[untyped-decorator,unused-ignore]
def on_done(outcome: Optional[int], number: int) -> None:
    operation = _live.pop(number, None)
    if operation is not None:
        operation.call(operation.done, outcome)


@ShutdownCallback  # type: ignore[untyped-decorator,unused-ignore]
def on_shutdown(number: int) -> None:
    operation = _live.pop(number, None)
    if operation is not None:
        operation.call(operation.done, None)


@IndexCallback  # type: ignore[untyped-decorator,unused-ignore]
def on_entries(entries: Any, count: int, prefix: bytes, number: int) -> None:
    operation = _live.get(number)
    if operation is not None and operation.each is not None:
        found = [(hash_of(entries[index].hash), entries[index].id) for index in range(count)]
        operation.call(operation.each, found, prefix)
