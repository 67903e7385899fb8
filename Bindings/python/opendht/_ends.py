"""What becomes of nodes when the interpreter ends, and in the child of a fork."""

import atexit
import os
import weakref
from typing import Any

from ._library import lib
from ._operations import forget_all

_runners: "weakref.WeakSet[Any]" = weakref.WeakSet()
_has_ended = False


def look_after(runner: Any) -> None:
    _runners.add(runner)


def expect_to_go_on() -> None:
    """Nothing starts once the nodes have been ended."""
    if _has_ended:
        raise RuntimeError("the interpreter is about to end")


@atexit.register
def _end_all() -> None:
    """No callback may come to an interpreter that is gone."""
    global _has_ended
    _has_ended = True
    for runner in list(_runners):
        if runner._native:
            lib.odht_runner_stop(runner._native)


def _lose_all() -> None:
    """In the child of a fork the threads of the nodes are missing. Their memory stays as it is: who knows what they
    were doing with it."""
    forget_all()
    for runner in list(_runners):
        runner._native = None


os.register_at_fork(after_in_child=_lose_all)
