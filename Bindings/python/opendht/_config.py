"""How a node is set up."""

import copy
from ctypes import sizeof
from typing import Any, Optional

from ._addresses import SockAddr
from ._crypto import Certificate, Identity
from ._hashes import InfoHash
from ._library import Config, expect, signed, text, unsigned


class DhtConfig:
    """What `DhtRunner.run` goes by. It may be used for several nodes."""

    __slots__ = ("_identity", "_fields", "_server_ca", "_bound")

    def __init__(self) -> None:
        self._identity = Identity()
        self._server_ca: Optional[Certificate] = None
        self._bound: "tuple[Optional[SockAddr], Optional[SockAddr]]" = (None, None)
        self._fields: "dict[str, Any]" = {}

    def setIdentity(self, id: Identity) -> None:
        """Who the node is: signs what it puts, opens what is for it."""
        self._identity = expect(id, Identity, "id")

    def setBootstrapMode(self, bootstrap: bool) -> None:
        self._fields["is_bootstrap"] = bool(bootstrap)

    def setNodeId(self, id: InfoHash) -> None:
        self._fields["node_id"] = expect(id, InfoHash, "id")._struct()

    def setNetwork(self, netid: int) -> None:
        """Keeps networks apart; 0 is the public one."""
        self._fields["network"] = unsigned(netid, 32)

    def setMaintainStorage(self, maintain_storage: bool) -> None:
        self._fields["maintain_storage"] = bool(maintain_storage)

    def setRateLimit(self, max_req_per_sec: int, max_peer_req_per_sec: int) -> None:
        """Requests a second that are answered, of all and of each address; -1 for no limit."""
        self._fields["requests_per_second"] = signed(max_req_per_sec, 64)
        self._fields["requests_per_second_and_address"] = signed(max_peer_req_per_sec, 64)

    def setPersistPath(self, path: str) -> None:
        """Not there yet: nothing is written and nothing is read. It is taken for programs that set it; where the node
        would keep its state."""
        self._fields["persist_path"] = text(path, "path")

    def setProxyInfo(self, proxy_server: str, push_node_id: str = "", push_token: str = "", push_topic: str = "",
                     push_platform: str = "", user_agent: str = "", server_ca: Optional[Certificate] = None) -> None:
        """Not there yet: a node that is to use a proxy does not run, DhtError UNSUPPORTED."""
        self._fields.update(
            proxy_server=text(proxy_server, "proxy_server"), push_node_id=text(push_node_id, "push_node_id"),
            push_token=text(push_token, "push_token"), push_topic=text(push_topic, "push_topic"),
            push_platform=text(push_platform, "push_platform"), proxy_user_agent=text(user_agent, "user_agent"))
        self._server_ca = None if server_ca is None else expect(server_ca, Certificate, "server_ca")

    def setPeerDiscovery(self, peer_discovery: bool, peer_publish: bool) -> None:
        """Not there yet: nothing is looked for, and the node is not found. It is taken for programs that set it; whether
        to look for nodes of the local network, and to be found by them."""
        self._fields.update(peer_discovery=bool(peer_discovery), peer_publish=bool(peer_publish))

    def setBound(self, bind4: Optional[SockAddr], bind6: Optional[SockAddr]) -> None:
        """Addresses to bind to."""
        self._bound = tuple(None if one is None else expect(one, SockAddr, name)  # type: ignore[assignment]
                            for one, name in ((bind4, "bind4"), (bind6, "bind6")))

    def _copy(self) -> "DhtConfig":
        """For one run, which may add to it: the caller's stays as it is."""
        made = copy.copy(self)
        made._fields = dict(self._fields)
        return made

    def _struct(self, port: int, ipv4: str, ipv6: str) -> Config:
        """Points into this object."""
        four, six = self._bound
        if not ipv4 and not ipv6 and (four or six):  # a family that is not named is bound to any address
            ipv4, ipv6 = four._host if four else "0.0.0.0", six._host if six else "::"
        port = port or (four._port if four else 0) or (six._port if six else 0)
        struct = Config(size=sizeof(Config), port=unsigned(port, 16), bind_ipv4=text(ipv4, "ipv4"), bind_ipv6=text(ipv6, "ipv6"),
                        identity=self._identity._handles(), **self._fields)
        struct.server_ca = self._server_ca._native if self._server_ca else None
        return struct
