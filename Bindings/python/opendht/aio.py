"""The node for asyncio: what waits is awaited, what comes one by one is iterated."""

import asyncio
import inspect
from typing import Any, Callable, Generic, Iterable, List, Optional, Tuple, TypeVar, Union

from . import _core as _dht
from ._core import (DhtConfig, Identity, InfoHash, PkId, PublicKey, SockAddr, Value, ValueType, Where)
from ._operations import Receipt, succeeded
from ._runner import _encrypting
from ._library import PutOptions, lib

__all__ = ["DhtConfig", "DhtRunner", "Identity", "InfoHash", "PkId", "PublicKey", "SockAddr", "Value", "ValueType",
           "Where"]

Item = TypeVar("Item")
_END = object()


class _Stream(Generic[Item]):
    """What an operation tells, in order. It is cancelled at the end of a `with`, and when nobody holds it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._queue, self._closed = loop, asyncio.Queue(), False  # type: ignore[var-annotated]

    def _teller(self) -> Callable[[Any], bool]:
        """Puts into the queue, from the thread of the node. It does not hold the stream."""
        loop, queue = self._loop, self._queue
        return lambda item: _tell(loop, queue.put_nowait, item)

    def cancel(self) -> None:
        if not self._closed:
            self._closed = True
            self._stop()
            self._queue.put_nowait(_END)  # for whoever waits right now

    def _stop(self) -> None:
        raise NotImplementedError

    def __aiter__(self: "Any") -> "Any":
        return self

    async def __anext__(self) -> Item:
        item: Any = _END if self._closed else await self._queue.get()
        if item is _END:
            self._closed = True
            raise StopAsyncIteration
        if isinstance(item, Exception):
            self._closed = True
            raise item
        result: Item = item
        return result

    def __enter__(self: "Any") -> "Any":
        return self

    def __exit__(self, exc_type: Any, exc: Any, tb: Any) -> None:
        self.cancel()

    def __del__(self) -> None:
        if not getattr(self, "_closed", True):
            self._closed = True
            self._stop()


class _GetStream(_Stream[Value]):
    """The values of a key as they are found. RuntimeError when the get fails."""

    def __init__(self, runner: "DhtRunner", key: InfoHash, where: Optional[Where],
                 filter: Optional[Callable[[Value], bool]]) -> None:
        self._closed, self._operation = True, None  # until it runs
        super().__init__(runner._running_loop())
        tell = self._teller()
        core = runner._dht
        self._operation = core._begin_get(
            core._asked(key, where), tell,
            lambda outcome: tell(_END if succeeded(outcome) else RuntimeError("DHT get failed")), filter)

    def _stop(self) -> None:
        lib.odht_operation_cancel(self._operation)

    def __del__(self) -> None:
        super().__del__()
        lib.odht_operation_delete(self._operation)


class _Listener(_Stream[Tuple[Value, bool]]):
    """The values of a key and their changes: a value, and whether it is gone."""

    def __init__(self, runner: "DhtRunner", key: InfoHash) -> None:
        self._closed, self._token = True, _dht.ListenToken()  # until it runs
        super().__init__(runner._running_loop())
        tell = self._teller()
        self._token = runner._dht.listen(key, lambda value, expired: tell((value, expired)),
                                         done_cb=lambda ok, nodes: tell(_END))

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
        await self.shutdown()
        await self.join()

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
                             deadline=int(1000 * timeout))
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
        await self._running_loop().run_in_executor(None, self._dht.join)

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
