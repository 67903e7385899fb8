"""The node for asyncio: what waits is awaited, what comes one by one is iterated."""

import asyncio
import inspect
from collections import deque
from typing import Any, Callable, Deque, Generic, Iterable, List, Optional, Tuple, TypeVar, Union

from . import _core as _dht
from ._core import (DhtConfig, Identity, InfoHash, PkId, PublicKey, SockAddr, Value, ValueType, Where)
from ._operations import Operation, Receipt, succeeded
from ._runner import _encrypting
from ._library import PutOptions, milliseconds

__all__ = ["DhtConfig", "DhtRunner", "Identity", "InfoHash", "PkId", "PublicKey", "SockAddr", "Value", "ValueType",
           "Where"]

Item = TypeVar("Item")
_ROOM = 4096  # items of a stream that wait to be read


class _Buffer:
    """What waits to be read: the thread of the node adds, the loop takes. There is no lock, for the reason that
    `_operations` tells; each step on the deque is whole. The loop is woken once, however much comes until it looks."""

    __slots__ = ("loop", "items", "dropped", "end", "_room", "_is_woken", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self._room = loop, _ROOM
        self.items: "Deque[Any]" = deque()
        self.dropped = 0
        self.end: Optional[BaseException] = None
        self._is_woken = False
        self._waiting: "List[asyncio.Future[None]]" = []

    def add(self, item: Any) -> bool:
        """The oldest goes when there is no room. False when nobody listens any more."""
        self.items.append(item)
        if len(self.items) > self._room:
            try:
                self.items.popleft()
                self.dropped += 1
            except IndexError:  # all were taken meanwhile
                pass
        return self._wake()

    def add_or_fail(self, item: Any) -> bool:
        """None may be lost: without room for all it ends with an error."""
        if self.end is not None:
            return False
        if len(self.items) >= self._room:
            self.finish(RuntimeError(f"DHT get failed: {self._room} values wait, and nobody reads them"))
            return False
        self.items.append(item)
        return self._wake()

    def finish(self, end: BaseException) -> None:
        """After what waits; the first end counts."""
        if self.end is None:
            self.end = end
        self._wake()

    async def take(self) -> Any:
        while not self.items:
            if self.end is not None:
                raise self.end
            waiting = self.loop.create_future()
            self._waiting.append(waiting)
            try:
                await waiting
            finally:
                self._waiting.remove(waiting)
        return self.items.popleft()

    def _wake(self) -> bool:
        if self.loop.is_closed():
            return False
        if self._is_woken:
            return True
        self._is_woken = True
        return _tell(self.loop, self._look, None)

    def _look(self, _: None) -> None:
        self._is_woken = False  # first: what comes from now on wakes again
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)


class _Stream(Generic[Item]):
    """What an operation tells, in order. It is cancelled at the end of a `with`, and when nobody holds it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._buffer, self._closed = _Buffer(loop), False

    def cancel(self) -> None:
        if not self._closed:
            self._closed = True
            self._stop()
            self._buffer.items.clear()
            self._buffer.finish(StopAsyncIteration())  # for whoever waits right now

    def _stop(self) -> None:
        raise NotImplementedError

    def __aiter__(self: "Any") -> "Any":
        return self

    async def __anext__(self) -> Item:
        if self._closed:
            raise StopAsyncIteration
        try:
            item: Item = await self._buffer.take()
            return item
        except (StopAsyncIteration, RuntimeError):
            self._closed = True
            raise

    def __enter__(self: "Any") -> "Any":
        return self

    def __exit__(self, exc_type: Any, exc: Any, tb: Any) -> None:
        self.cancel()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self._closed = True
            self._stop()


class _GetStream(_Stream[Value]):
    """The values of a key as they are found. RuntimeError when the get fails, and when 4096 values wait to be read: none
    is lost in silence."""

    def __init__(self, runner: "DhtRunner", key: InfoHash, where: Optional[Where],
                 filter: Optional[Callable[[Value], bool]]) -> None:
        self._closed = True  # until it runs
        self._operation: Optional[Operation] = None
        super().__init__(runner._running_loop())
        buffer, core = self._buffer, runner._dht  # the callbacks do not hold the stream
        self._operation = core._begin_get(
            core._asked(key, where), buffer.add_or_fail,
            lambda outcome: buffer.finish(StopAsyncIteration() if succeeded(outcome) else RuntimeError("DHT get failed")),
            filter)

    def _stop(self) -> None:
        if self._operation is not None:
            self._operation.cancel()


class _Listener(_Stream[Tuple[Value, bool]]):
    """The values of a key and their changes: a value, and whether it is gone. Of those that nobody reads the newest 4096
    wait."""

    def __init__(self, runner: "DhtRunner", key: InfoHash) -> None:
        self._closed, self._token = True, _dht.ListenToken()  # until it runs
        super().__init__(runner._running_loop())
        buffer = self._buffer  # the callbacks do not hold the stream
        self._token = runner._dht.listen(key, lambda value, expired: buffer.add((value, expired)),
                                         done_cb=lambda ok, nodes: buffer.finish(StopAsyncIteration()))

    @property
    def dropped(self) -> int:
        """How many changes were dropped unread, the oldest first."""
        return self._buffer.dropped

    def _stop(self) -> None:
        self._token.cancel()


class DhtRunner:
    """A node whose operations are awaited. `async with` runs it, and ends it."""

    __slots__ = ("_dht", "_loop", "_config", "_bootstrap")

    def __init__(self, *, loop: Optional[asyncio.AbstractEventLoop] = None, core: Optional[_dht.DhtRunner] = None,
                 config: Optional[DhtConfig] = None,
                 bootstrap: Optional[Iterable[Tuple[str, Optional[str]]]] = None) -> None:
        self._dht = _dht.DhtRunner() if core is None else core
        self._loop, self._config = loop, config
        self._bootstrap = list(bootstrap or ())

    async def __aenter__(self) -> "DhtRunner":
        if not self._dht.isRunning():
            self.run(config=self._config)
        for host, port in self._bootstrap:
            self.bootstrap(host, port)
        return self

    async def __aexit__(self, exc_type: Any, exc: Any, tb: Any) -> None:
        try:
            if self._dht.isRunning():
                await self._awaited(lambda end: self._dht._shut_down(lambda _: end(True)))
        finally:  # when the task was cancelled too
            await asyncio.shield(self.join())

    def run(self, id: Optional[Identity] = None, is_bootstrap: bool = False, port: int = 0, ipv4: str = "",
            ipv6: str = "", config: Optional[DhtConfig] = None) -> None:
        self._dht.run(id=id, is_bootstrap=is_bootstrap, port=port, ipv4=ipv4, ipv6=ipv6,
                      config=self._config if config is None else config)

    def bootstrap(self, host: str, port: Optional[str] = None) -> None:
        self._dht.bootstrap(host, port)

    async def ping(self, addr: SockAddr) -> bool:
        return bool(await self._awaited(lambda end: self._dht.ping(addr, end)))

    async def put(self, key: InfoHash, val: Value, *, permanent: bool = False) -> bool:
        return bool(await self._awaited(lambda end: self._dht.put(key, val, lambda ok, _: end(ok), permanent)))

    async def putSigned(self, key: InfoHash, val: Value, *, permanent: bool = False) -> bool:
        return bool(await self._awaited(lambda end: self._dht.putSigned(key, val, lambda ok, _: end(ok), permanent)))

    async def putEncrypted(self, key: InfoHash, to: Union[PublicKey, PkId], val: Value, *,
                           permanent: bool = False) -> bool:
        return bool(await self._awaited(lambda end: self._dht.putEncrypted(key, val, to, lambda ok, _: end(ok), permanent)))

    async def store(self, key: InfoHash, val: Value, *, sign: bool = False,
                    to: Union[PublicKey, PkId, InfoHash, None] = None, permanent: bool = False, verify: bool = False,
                    timeout: float = 0) -> Receipt:
        """Stores a value, and tells which nodes have it: see `opendht.DhtRunner.store`."""
        options = PutOptions(permanent=permanent, is_signed=sign or to is not None, verify=verify,
                             deadline=milliseconds(timeout))
        if to is not None:
            _encrypting(options, to)
        receipt: Receipt = await self._awaited(
            lambda end: self._dht._begin_put(key, val, lambda outcome: end(Receipt(outcome)), options))
        return receipt

    def get(self, key: InfoHash, *, where: Optional[Where] = None,
            filter: Optional[Callable[[Value], bool]] = None) -> _GetStream:
        return _GetStream(self, key, where, filter)

    async def getAll(self, key: InfoHash, *, where: Optional[Where] = None,
                     filter: Optional[Callable[[Value], bool]] = None) -> List[Value]:
        return [value async for value in self.get(key, where=where, filter=filter)]

    async def getFirst(self, key: InfoHash, *, where: Optional[Where] = None,
                       predicate: Optional[Callable[[Value], Any]] = None,
                       filter: Optional[Callable[[Value], bool]] = None) -> Optional[Value]:
        """The first value that `predicate` likes, which may be a coroutine function."""
        with self.get(key, where=where, filter=filter) as stream:
            async for value in stream:
                likes = True if predicate is None else predicate(value)
                if await likes if inspect.isawaitable(likes) else likes:
                    found: Value = value
                    return found
        return None

    def listen(self, key: InfoHash) -> _Listener:
        return _Listener(self, key)

    async def cancelListen(self, listener: _Listener) -> None:
        listener.cancel()

    async def shutdown(self) -> None:
        await self._awaited(lambda end: self._dht.shutdown(lambda: end(True)))

    async def join(self) -> None:
        await self._awaited(lambda end: self._dht._stop(lambda: end(True)))

    def __getattr__(self, name: str) -> Any:
        if name == "_dht":  # not made yet
            raise AttributeError(name)
        return getattr(self._dht, name)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop or asyncio.get_running_loop()

    async def _awaited(self, begin: Callable[[Callable[[Any], Any]], Any]) -> Any:
        """Begins an operation, and awaits what it calls back with."""
        loop = self._running_loop()
        future = loop.create_future()

        def end(result: Any) -> None:
            if not future.done():
                future.set_result(result)

        begin(lambda result: _tell(loop, end, result))
        return await future


def _tell(loop: asyncio.AbstractEventLoop, function: Callable[[Any], Any], item: Any) -> bool:
    """Has a loop call a function; false when the loop is closed, and nobody listens any more."""
    try:
        loop.call_soon_threadsafe(function, item)
        return True
    except RuntimeError:
        return False
