"""How nodes end: stopped, forgotten, left to the end of the interpreter, lost in the child of a fork.

A stop waits until the callbacks of the node have returned, and these may wait for whoever asked for the stop: for a lock
that it holds, for an event. So the library stops nodes on threads of the system. Python's own cannot be had where nodes
end too: at the end of the interpreter none starts, and their start takes locks that who collects garbage may hold.
"""

import atexit
import ctypes
import itertools
import os
import time
import weakref
from ctypes import CFUNCTYPE, POINTER, byref, c_int, c_void_p
from typing import Any, Callable, Dict, Optional, Tuple

from ._library import lib
from ._operations import forget_all

GRACE = 5.0  # seconds for what still runs: at the end of a `with`, and of the interpreter
_MOMENT = 0.5  # seconds for callbacks that find nothing to do
_LOOK = 0.005  # seconds between looks at whether stops are over

_Start = CFUNCTYPE(c_void_p, c_void_p)
_pthread_create, _pthread_detach = ctypes.CDLL(None).pthread_create, ctypes.CDLL(None).pthread_detach
_pthread_create.argtypes, _pthread_create.restype = [POINTER(c_void_p), c_void_p, _Start, c_void_p], c_int
_pthread_detach.argtypes, _pthread_detach.restype = [c_void_p], c_int

_runners: "weakref.WeakSet[Any]" = weakref.WeakSet()
_stops: "Dict[int, Tuple[Any, int, Optional[Callable[[], Any]], Any]]" = {}
_numbers = itertools.count(1)
_has_ended = False


def look_after(runner: Any) -> None:
    _runners.add(runner)


def expect_to_go_on() -> None:
    """Nothing starts once the nodes have been ended."""
    if _has_ended:
        raise RuntimeError("the interpreter is about to end")


def stop(runner: Any, told: Optional[Callable[[], Any]] = None) -> None:
    """Stops a node, which lives until then. Does not wait: `told` is called, on another thread."""
    _begin(lib.odht_runner_stop, runner._native, told, runner)


def drop(native: int) -> None:
    """Stops and frees a node that nobody holds any more."""
    drop_part(lib.dht_runner_delete, native, native)


def drop_part(function: Any, native: int, runner: Optional[int]) -> None:
    """Frees what has callbacks of a node. Does not wait for them: this may be the collection of garbage, anywhere."""
    if _has_ended:  # and so does the process, with all that it has
        return
    if runner and lib.dht_runner_is_running(runner):
        _begin(function, native)
    else:
        function(native)


def wait_for_stops(seconds: float) -> None:
    """At most so long. Ends by Control-C too."""
    end = time.monotonic() + seconds
    while _stops and time.monotonic() < end:
        time.sleep(_LOOK)


def _begin(function: Any, native: int, told: Optional[Callable[[], Any]] = None, kept: Any = None) -> None:
    number, thread = next(_numbers), c_void_p()
    _stops[number] = function, native, told, kept
    if _pthread_create(byref(thread), None, _run, number):
        _run(number)  # no thread is to be had
    else:
        _pthread_detach(thread)


@_Start  # type: ignore[untyped-decorator,unused-ignore]
def _run(number: int) -> None:
    function, native, told, _ = _stops[number]
    function(native)
    _stops.pop(number, None)
    if told is not None:
        told()


@atexit.register
def _end_all() -> None:
    """No callback may come to an interpreter that is gone. One that does not return stays where it is."""
    global _has_ended
    _has_ended = True
    runners = [runner for runner in list(_runners) if runner._native]
    for runner in runners:
        stop(runner)
    try:
        wait_for_stops(GRACE)
    except KeyboardInterrupt:  # somebody has waited long enough
        pass
    forget_all()  # callbacks that come now find nothing, and return
    wait_for_stops(_MOMENT)
    for runner in runners:  # not freed: a stop may still use it
        runner._native = None


def _lose_all() -> None:
    """In the child of a fork the threads of the nodes are missing. Their memory stays as it is: who knows what they
    were doing with it."""
    for runner in list(_runners):
        runner._native = None
    _stops.clear()
    forget_all()


os.register_at_fork(after_in_child=_lose_all)
