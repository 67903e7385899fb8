"""Networks of nodes of several kinds, joined as people join them: each through one that is already there."""

import asyncio
import random

from peers import Driver, Node


class Network:
    def __init__(self, drivers: dict, random_source: random.Random):
        self.drivers, self.random = drivers, random_source
        self.nodes = []

    @property
    def kinds(self):
        return list(self.drivers)

    def of(self, kind: str):
        return [node for node in self.nodes if node.kind == kind]

    def any_of(self, kind: str) -> Node:
        return self.random.choice(self.of(kind))

    async def grow(self, count_of_each: int, numbers, **options):
        """Adds nodes, the kinds in turn, so that each kind is entered through every other."""
        for _ in range(count_of_each):
            for kind, driver in self.drivers.items():
                node = await Node(driver, next(numbers)).start(**options)
                await node.bootstrap(*self.random.sample(self.nodes, min(5, len(self.nodes))))
                self.nodes.append(node)
                await asyncio.sleep(0.05)
        return self

    async def settled(self, family: str, wanted: int, seconds: float) -> dict:
        """Waits until every node knows `wanted` good nodes; returns the fewest known, by kind."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            tables = await asyncio.gather(*(node.table() for node in self.nodes))
            fewest = {kind: min((t.get("good" + family, 0) for n, t in zip(self.nodes, tables) if n.kind == kind), default=0)
                      for kind in self.kinds}
            if min(fewest.values()) >= wanted or asyncio.get_running_loop().time() > end:
                return fewest
            await asyncio.sleep(1)


async def launch(kinds):
    """A process of each kind."""
    drivers = await asyncio.gather(*(Driver(kind).launch() for kind in kinds), return_exceptions=True)
    if errors := [driver for driver in drivers if isinstance(driver, BaseException)]:
        await asyncio.gather(*(driver.end() for driver in drivers if isinstance(driver, Driver)))
        raise errors[0]
    return dict(zip(kinds, drivers))


async def in_parallel(work, width: int):
    """Runs the coroutines, at most `width` at once; results in order."""
    gate = asyncio.Semaphore(width)

    async def one(coroutine):
        async with gate:
            return await coroutine

    return await asyncio.gather(*(one(coroutine) for coroutine in work))
