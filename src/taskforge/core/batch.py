"""Natural batching: callers await one item, one flush carries many.

While a flush is in flight the next batch collects. There is no timer, so an idle system adds no
latency, and a busy one does one round trip for as many items as arrived during the last one.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Batcher(Generic[ItemT, ResultT]):
    """Turns single calls into batches.

    Args:
        flush: gets 1 to `limit` items in the order they came, returns one result for each in the
            same order. What it raises reaches every caller of that batch. A result that is itself
            an exception is raised to its caller alone.
        limit: most items a flush may carry, at least 1.
        flights: flushes that may be in flight at once, at least 1. More than one gives up order.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT | BaseException]]],
        *,
        limit: int,
        flights: int = 1,
    ) -> None:
        self._flush = flush
        self._limit = limit
        self._free_flights = flights
        self._waiting: deque[tuple[ItemT, asyncio.Future[ResultT]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, item: ItemT) -> ResultT:
        """Add an item and wait for its result.

        Cancelling the caller does not take the item back: a flush in flight is never cut short.
        """
        return await self.add(item)

    def add(self, item: ItemT) -> asyncio.Future[ResultT]:
        """Add an item without waiting; its result comes through the future."""
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._free_flights:
            self._take_off()
        return future

    async def drain(self) -> None:
        """Wait until nothing is waiting or in flight."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _take_off(self) -> None:
        self._free_flights -= 1
        # Not in the context of the caller who happened to be first: the batch is everybody's.
        task = asyncio.get_running_loop().create_task(self._fly(), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fly(self) -> None:
        try:
            while self._waiting:
                batch = [
                    self._waiting.popleft() for _ in range(min(self._limit, len(self._waiting)))
                ]
                await self._carry(batch)
        finally:
            self._free_flights += 1

    async def _carry(self, batch: list[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
        except BaseException as error:  # noqa: BLE001 - it belongs to the callers, whatever it is
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
