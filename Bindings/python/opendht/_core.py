"""Everything, as the extension module of OpenDHT 4.x has it."""

import threading
from datetime import timedelta

from ._addresses import SockAddr
from ._config import DhtConfig
from ._crypto import (Certificate, Identity, PrivateKey, PublicKey, TrustList, VerifyResult, aesDecrypt, aesEncrypt)
from ._hashes import InfoHash, PkId, _WithID, _WithPk
from ._index import IndexValue, Pht
from ._library import lib
from ._nodes import Node, NodeEntry, NodeSet, NodeSetIter, NodeState
from ._operations import Receipt
from ._queries import Query, Select, Where
from ._runner import DhtRunner, ListenToken, Status
from ._values import Value, ValueType
from .errors import Code, DhtError

__all__ = [
    "Certificate", "DhtConfig", "DhtRunner", "Identity", "IndexValue", "InfoHash", "ListenToken", "Node", "NodeEntry",
    "NodeSet", "NodeSetIter", "Pht", "PkId", "PrivateKey", "PublicKey", "Query", "Select", "SockAddr", "TrustList",
    "Value", "ValueType", "VerifyResult", "Where", "aesDecrypt", "aesEncrypt", "threading", "timedelta", "version",
    # ours
    "Code", "DhtError", "NodeState", "Receipt", "Status", "library_version"]


def version() -> str:
    """Version of the interface: which OpenDHT's module this one stands for."""
    return "4.4.2"


def library_version() -> str:
    """Version of the library behind it."""
    return str(lib.odht_version().decode())
