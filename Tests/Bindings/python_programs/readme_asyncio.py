"""The asyncio example of OpenDHT's README, but for the address of the node that it joins through."""

import asyncio
import sys

from opendht.aio import DhtRunner, InfoHash, Value


async def main():
    async with DhtRunner(bootstrap=[("127.0.0.1", sys.argv[1])]) as node:
        key = InfoHash.get("unique_key for asyncio")
        await node.put(key, Value(b"some binary data"))

        async for value in node.get(key):
            print(value)

        with node.listen(key) as listener:
            async for value, expired in listener:
                print("expired" if expired else "new", value)
                break


asyncio.run(main())
