"""OpenDHT: a distributed hash table, for Python.

    import opendht as dht

    node = dht.DhtRunner()
    node.run()
    node.bootstrap("bootstrap.jami.net")
    node.put(dht.InfoHash.get("room"), dht.Value(b"hello"))
    for value in node.get(dht.InfoHash.get("room")):
        print(value)

Names, arguments and results are those of the module of OpenDHT 4.x; programs written for 2.x run too. `opendht.aio`
is the same for asyncio.
"""

from . import _core
from ._core import *  # noqa: F401,F403
from ._core import __all__, version
from ._hashes import _WithID  # noqa: F401, seen in 2.x

__version__ = version()
