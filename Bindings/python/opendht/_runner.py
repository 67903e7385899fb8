"""The node."""

import socket
import threading
import time
from ctypes import c_uint64, pointer, sizeof
from enum import IntEnum
from typing import Any, Callable, Dict, List, Optional, Union

from ._addresses import SockAddr
from ._config import DhtConfig
from ._crypto import Identity, PublicKey
from ._ends import GRACE, drop, expect_to_go_on, look_after, stop, wait_for_stops
from ._hashes import InfoHash, PkId, _WithID, hash_of
from ._library import (FamilyStatistics, Handle, PutOptions, Statistics, expect, lib, milliseconds, take_string, text,
                       unsigned)
from ._nodes import NodeEntry
from ._operations import (Operation, Receipt, Waiting, is_calling, nodes_of, on_change, on_done,
                          on_shutdown, on_value, succeeded)
from ._queries import Where
from ._values import Value, ValueType
from .errors import Code, DhtError

GetCallback = Callable[[Value], Any]
FilterCallback = Callable[[Value], Any]
ValueCallback = Callable[[Value, bool], Any]
DoneCallback = Callable[[bool, List[NodeEntry]], Any]
PingCallback = Callable[[bool], Any]
ShutdownCallback = Callable[[], Any]

_POLL = 0.2  # seconds between looks at Control-C where the library waits


class Status(IntEnum):
    """How well a node is connected."""

    DISCONNECTED = 0
    CONNECTING = 1
    CONNECTED = 2


class ListenToken:
    """A listen. It goes on when this is forgotten; it ends by `cancelListen`, or at the end of a `with`."""

    __slots__ = ("_operation",)

    def __init__(self) -> None:
        self._operation: Optional[Operation] = None

    def cancel(self) -> None:
        if self._operation is not None:
            self._operation.cancel()

    def __enter__(self) -> "ListenToken":
        return self

    def __exit__(self, *_: Any) -> None:
        self.cancel()


class DhtRunner(Handle, _WithID):
    """A node of the network. Callbacks come on its own thread, one at a time; a call that waits is refused there."""

    __slots__ = ("_config", "_hosts")
    _delete = staticmethod(drop)

    def __init__(self) -> None:
        self._native = lib.dht_runner_new()
        self._config = DhtConfig()
        self._hosts: "tuple[str, str]" = ("", "")
        look_after(self)

    @property
    def _node(self) -> int:
        if not self._native:  # lost by a fork
            self._native = lib.dht_runner_new()
        return self._native

    # ---- life

    def run(self, id: Optional[Identity] = None, is_bootstrap: bool = False, port: int = 0, ipv4: str = "",
            ipv6: str = "", config: Optional[DhtConfig] = None) -> None:
        """Starts the node, on a port of both families, or of those for which an address is given. A node that runs
        goes on as it is. DhtError, with its code, when it cannot."""
        expect_to_go_on()
        if self.isRunning():
            return
        config = DhtConfig() if config is None else expect(config, DhtConfig, "config")._copy()
        if id is not None:
            config.setIdentity(id)
        if is_bootstrap:
            config.setBootstrapMode(True)
        struct = config._struct(port, ipv4, ipv6)
        code = lib.odht_runner_run(self._node, struct)
        if code == Code.PORT_IN_USE:  # perhaps that of a node that was forgotten just now
            wait_for_stops(GRACE)
            code = lib.odht_runner_run(self._node, struct)
        if code != Code.OK:
            raise DhtError(code)
        self._config, self._hosts = config, (struct.bind_ipv4.decode(), struct.bind_ipv6.decode())

    def bootstrap(self, host: str, port: Union[str, int, None] = None) -> None:
        """Adds an entry point, tried now and whenever the node is cut off. Does not wait."""
        is_bare_ipv6 = host.count(":") > 1 and not host.startswith("[")
        service = "4222" if port is None and is_bare_ipv6 else port
        lib.dht_runner_bootstrap(self._node, text(host, "host"),
                                 None if service is None else text(_service(service), "port"))

    def waitConnected(self, timeout: float = 10.0) -> bool:
        """Whether the node gets connected within some seconds."""
        self._expect_to_wait("waitConnected")
        end = time.monotonic() + timeout
        while True:
            left = max(0.0, end - time.monotonic())
            code = lib.odht_runner_wait_connected(self._node, max(1, int(1000 * min(left, _POLL))))
            if code != Code.TIMED_OUT or not left:
                return bool(code == Code.OK)

    def shutdown(self, shutdown_cb: Optional[ShutdownCallback] = None) -> None:
        """Lets operations end, then calls back. The node answers others until `join`."""
        Operation(self._node, lambda _: shutdown_cb and shutdown_cb()).begin(lib.dht_runner_shutdown, on_shutdown)

    def join(self) -> None:
        """Stops the node, and waits until its thread has ended."""
        self._expect_to_wait("join")
        ended = threading.Event()
        self._stop(ended.set)
        ended.wait()

    def isRunning(self) -> bool:
        return bool(lib.dht_runner_is_running(self._node))

    def __enter__(self) -> "DhtRunner":
        self.run()
        return self

    def __exit__(self, *_: Any) -> None:
        self._expect_to_wait("the end of a `with`")
        try:
            if self.isRunning():
                Waiting(self._node, succeeded).wait(lib.odht_runner_shutdown, milliseconds(GRACE), on_done)
        finally:  # after Control-C too
            self.join()

    # ---- operations

    def get(self, key: InfoHash, get_cb: Optional[GetCallback] = None, done_cb: Optional[DoneCallback] = None,
            filter: Optional[FilterCallback] = None, where: Optional[Where] = None) -> Optional[List[Value]]:
        """The values of a key. With `get_cb` it does not wait: one call for each value, that says whether to go on;
        at the end `done_cb(ok, nodes)`. A filter says which values count; conditions are met by the nodes asked."""
        asked = self._asked(key, where)
        if get_cb is None:
            self._expect_to_wait("get")
            found: List[Value] = []
            get_cb = _appending(found)
            Waiting(self._node, _done(done_cb), self._filtered(get_cb, filter)).wait(
                lib.odht_runner_get, *asked, 0, on_value, on_done)
            return found
        self._begin_get(asked, get_cb, _done(done_cb), filter)
        return None

    def listen(self, key: InfoHash, value_cb: ValueCallback, *, where: Optional[Where] = None,
               done_cb: Optional[DoneCallback] = None) -> ListenToken:
        """Tells of the values of a key and their changes: `value_cb(value, expired)`, until that is not true."""
        token = ListenToken()
        operation = Operation(self._node, _done(done_cb), value_cb)
        token._operation = operation
        operation.begin(lib.odht_runner_listen, *self._asked(key, where), on_change, on_done)
        return token

    def cancelListen(self, token: ListenToken) -> None:
        expect(token, ListenToken, "token").cancel()

    def put(self, key: InfoHash, val: Value, done_cb: Optional[DoneCallback] = None,
            permanent: bool = False) -> Optional[bool]:
        """Stores a value near a key, and keeps it alive there if it is permanent. Waits, and says whether a node
        has it; with `done_cb(ok, nodes)` it does not wait."""
        return self._put(key, val, done_cb, PutOptions(permanent=permanent))

    def putSigned(self, key: InfoHash, val: Value, done_cb: Optional[DoneCallback] = None,
                  permanent: bool = False) -> Optional[bool]:
        """Stores a value that others can verify: the node needs an identity."""
        return self._put(key, val, done_cb, PutOptions(permanent=permanent, is_signed=True))

    def putEncrypted(self, key: InfoHash, val: Value, to: Union[PublicKey, PkId],
                     done_cb: Optional[DoneCallback] = None, permanent: bool = False) -> Optional[bool]:
        """Stores a value, signed, that only `to` can read."""
        if to is None:
            raise ValueError("'to' must be provided")
        if not isinstance(to, (PublicKey, PkId)):
            raise TypeError("'to' must be PublicKey or PkId")
        return self._put(key, val, done_cb, _encrypting(PutOptions(permanent=permanent, is_signed=True), to))

    def store(self, key: InfoHash, val: Value, *, sign: bool = False,
              to: Union[PublicKey, PkId, InfoHash, None] = None, permanent: bool = False, verify: bool = False,
              timeout: float = 0) -> Receipt:
        """Stores a value as `put` does, and tells which nodes have it and which refused. With `verify` they are asked
        for it again. The seconds of `timeout` are 0 for what the network needs."""
        options = PutOptions(permanent=permanent, is_signed=sign or to is not None, verify=verify,
                             deadline=milliseconds(timeout))
        receipt: Receipt = self._wait_for_put(key, val, Receipt, options if to is None else _encrypting(options, to))
        return receipt

    def cancelPut(self, key: InfoHash, val: Value) -> None:
        """Stops keeping a value alive."""
        lib.dht_runner_cancel_put(self._node, expect(key, InfoHash, "key")._struct(), expect(val, Value, "val").id)

    def ping(self, addr: SockAddr, done_cb: Optional[PingCallback] = None) -> Optional[bool]:
        """Whether a node answers at an address; with `done_cb(ok)` it does not wait."""
        expect(addr, SockAddr, "addr")
        # No family: a name that nobody has, for the same failure in the same way.
        arguments = (lib.odht_runner_ping, addr._host.encode(), str(addr.getPort()).encode(), 0, on_done)
        if done_cb is None:
            self._expect_to_wait("ping")
            return bool(Waiting(self._node, succeeded).wait(*arguments))
        callback = done_cb
        Operation(self._node, lambda outcome: callback(succeeded(outcome))).begin(*arguments)
        return None

    # ---- what the node is

    def getId(self) -> InfoHash:
        """Id of the identity's key; zero without one."""
        return hash_of(lib.dht_runner_get_id(self._node))

    def getNodeId(self) -> InfoHash:
        return hash_of(lib.dht_runner_get_node_id(self._node))

    def getPublicKey(self) -> PublicKey:
        """Key of the identity; empty without one."""
        return (self._config._identity.publickey if self.isRunning() else None) or PublicKey()

    def getBound(self, af: int = 0) -> SockAddr:
        """The address bound to, IPv4 unless told otherwise."""
        family = af or socket.AF_INET
        port = lib.dht_runner_get_bound_port(self._node, unsigned(family, 16))
        if not port:
            return SockAddr()
        four, six = self._hosts
        return SockAddr._of(family, six or "::" if family == socket.AF_INET6 else four or "0.0.0.0", port)

    def registerType(self, type: ValueType) -> None:
        """Tells the node how long values of a type live."""
        expect(type, ValueType, "type")
        if not lib.odht_runner_register_type(self._node, type._id, text(type._name, "name"),
                                             max(0, int(type._expiration.total_seconds()))):
            raise DhtError(Code.NOT_RUNNING, "a type is registered with a node that runs")

    # ---- what it does

    def status(self) -> Status:
        """How well the better connected family is."""
        numbers = self.statistics()
        return Status(max(numbers["ipv4"]["status"], numbers["ipv6"]["status"])) if numbers else Status.DISCONNECTED

    def statistics(self) -> Dict[str, Any]:
        """The node in numbers, by name, those of `ipv4` and `ipv6` in dictionaries of their own. Counters are since its
        start. Empty when it does not run."""
        struct = Statistics(size=sizeof(Statistics))
        return _named(struct) if lib.odht_runner_get_statistics(self._node, struct) else {}

    def getNodeMessageStats(self) -> List[int]:
        """Requests sent since the last call: ping, find, get, listen, put."""
        counts = (c_uint64 * 5)()
        lib.odht_runner_take_request_counts(self._node, counts)
        return list(counts)

    def getStorageLog(self) -> str:
        return _shown(lib.odht_runner_print_storage(self._node, None))

    def getRoutingTablesLog(self, af: int) -> str:
        return _shown(lib.odht_runner_print_routing_table(self._node, unsigned(af, 16)))

    def getSearchesLog(self, af: int) -> str:
        return _shown(lib.odht_runner_print_searches(self._node, None, unsigned(af, 16)))

    def enableLogging(self) -> None:
        """Tells on standard error what the node does."""
        lib.odht_runner_log_to(self._node, b"-")

    def disableLogging(self) -> None:
        lib.odht_runner_log_to(self._node, None)

    def enableFileLogging(self, path: str) -> None:
        """Tells it in a file, at its end."""
        if not lib.odht_runner_log_to(self._node, text(path, "path")):
            raise DhtError(Code.INVALID)

    # ---- parts

    def _stop(self, told: Callable[[], Any]) -> None:
        """Stops the node, and does not wait."""
        if self._node:
            stop(self, told)

    def _shut_down(self, done: Callable[[Optional[int]], Any]) -> None:
        """Lets operations end, at most for GRACE, and does not wait."""
        Operation(self._node, done).begin(lib.odht_runner_shutdown, milliseconds(GRACE), on_done)

    def _asked(self, key: InfoHash, where: Optional[Where]) -> Any:
        return (expect(key, InfoHash, "key")._struct(),
                None if where is None else expect(where, Where, "where")._native)

    def _begin_get(self, asked: Any, each: GetCallback, done: Callable[[Optional[int]], Any],
                   filter: Optional[FilterCallback] = None) -> Operation:
        operation = Operation(self._node, done)
        operation.each = self._filtered(each, filter)
        operation.begin(lib.odht_runner_get, *asked, 0, on_value, on_done)
        return operation

    def _filtered(self, each: GetCallback, filter: Optional[FilterCallback]) -> GetCallback:
        """A filter that fails drops the value, and the get goes on."""
        if filter is None:
            return each
        test, judge = filter, Operation(self._node, bool)
        return lambda value: each(value) if judge.call(test, value) else True

    def _put(self, key: InfoHash, val: Value, done_cb: Optional[DoneCallback], options: PutOptions) -> Optional[bool]:
        if done_cb is None:
            return bool(self._wait_for_put(key, val, succeeded, options))
        self._begin_put(key, val, _done(done_cb), options)
        return None

    def _begin_put(self, key: InfoHash, val: Value, done: Callable[[Optional[int]], Any], options: PutOptions) -> None:
        Operation(self._node, done).begin(lib.odht_runner_put, *_what(key, val, options), on_done)

    def _wait_for_put(self, key: InfoHash, val: Value, read: Callable[[Optional[int]], Any],
                      options: PutOptions) -> Any:
        self._expect_to_wait("put")
        return Waiting(self._node, read).wait(lib.odht_runner_put, *_what(key, val, options), on_done)

    def _expect_to_wait(self, what: str) -> None:
        if is_calling(self._native) and self.isRunning():
            raise RuntimeError(f"{what} would wait for itself: this is a callback of the same node. "
                               "Use done_cb, or wait on another thread.")


def _service(port: Union[str, int]) -> str:
    return str(port) if isinstance(port, int) else port


def _what(key: InfoHash, val: Value, options: PutOptions) -> Any:
    options.size = sizeof(PutOptions)
    return expect(key, InfoHash, "key")._struct(), expect(val, Value, "val")._native, options


def _encrypting(options: PutOptions, to: Union[PublicKey, PkId, InfoHash]) -> PutOptions:
    options.is_encrypted = True
    if isinstance(to, PublicKey):
        options.to_key = to._there
        options.keeping = to  # as long as the pointer
    elif isinstance(to, PkId):
        options.to_long_id = pointer(to._struct())
    else:
        options.to_id = pointer(expect(to, InfoHash, "to")._struct())
    return options


def _done(done_cb: Optional[DoneCallback]) -> Callable[[Optional[int]], Any]:
    """Reads an outcome for a callback of the application, if there is one."""
    if done_cb is None:
        return lambda outcome: None
    callback = done_cb
    return lambda outcome: callback(succeeded(outcome), nodes_of(outcome))


def _appending(values: List[Value]) -> GetCallback:
    def append(value: Value) -> bool:
        values.append(value)
        return True
    return append


def _shown(pointer: int) -> str:
    return take_string(pointer).decode(errors="replace")


def _named(struct: Union[Statistics, FamilyStatistics]) -> Dict[str, Any]:
    values = ((field[0], getattr(struct, field[0])) for field in struct._fields_ if field[0] != "size")
    return {name: _named(value) if isinstance(value, FamilyStatistics) else value for name, value in values}
