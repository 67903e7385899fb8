"""Addresses of nodes."""

import ipaddress
import socket
from typing import List, Optional

from ._library import expect, unsigned

_IPv6_SITE = ipaddress.ip_network("fc00::/7")
_IPv4_SITES = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")]


class SockAddr:
    """An address and a port; of no family at first."""

    __slots__ = ("_family", "_host", "_port")

    def __init__(self) -> None:
        self._family, self._host, self._port = 0, "", 0

    @classmethod
    def _of(cls, family: int, host: str, port: int) -> "SockAddr":
        made = cls()
        made._family, made._host, made._port = int(family), host, port
        return made

    @staticmethod
    def resolve(host: str, service: Optional[str] = None) -> "List[SockAddr]":
        """The addresses of a host. ValueError when it has none."""
        expect(host, str, "host")
        if service is not None:
            expect(service, str, "service")
        if not host:
            return []
        try:
            found = socket.getaddrinfo(host, service or None, type=socket.SOCK_DGRAM)
        except (socket.gaierror, UnicodeError) as error:
            raise ValueError(f"Error: `{host}:{service or ''}`: {getattr(error, 'strerror', None) or error}") from None
        return [SockAddr._of(family, str(address[0]), int(address[1])) for family, _, _, _, address in found
                if family in (socket.AF_INET, socket.AF_INET6)]

    def toString(self) -> bytes:
        return str(self).encode()

    def getPort(self) -> int:
        return self._port

    def setPort(self, port: int) -> None:
        """An address of no family has no port."""
        unsigned(port, 16)
        if self._is_valid:
            self._port = port

    def getFamily(self) -> int:
        return self._family

    def setFamily(self, af: int) -> None:
        """Makes it the unspecified address of a family."""
        self._family, self._port = unsigned(af, 16), 0
        self._host = "0.0.0.0" if af == socket.AF_INET else "::" if af == socket.AF_INET6 else ""

    def isLoopback(self) -> bool:
        return self._is_valid and self._ip.is_loopback

    def isPrivate(self) -> bool:
        if not self._is_valid:
            return False
        if self._family == socket.AF_INET6:
            return self._ip in _IPv6_SITE
        return any(self._ip in site for site in _IPv4_SITES)

    def isUnspecified(self) -> bool:
        return not self._is_valid or self._ip.is_unspecified

    @property
    def _is_valid(self) -> bool:
        return bool(self._host)

    @property
    def _ip(self) -> "ipaddress.IPv4Address | ipaddress.IPv6Address":
        return ipaddress.ip_address(self._host.partition("%")[0])

    @property
    def _key(self) -> "tuple[int, str, int]":
        return self._family, self._host, self._port

    def __str__(self) -> str:
        if not self._is_valid:
            return "[invalid address]"
        host = f"[{self._host}]" if self._family == socket.AF_INET6 else self._host
        return f"{host}:{self._port}" if self._port else host

    def __repr__(self) -> str:
        return f"<SockAddr '{self}'>"

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return self._key == other._key if isinstance(other, SockAddr) else NotImplemented

