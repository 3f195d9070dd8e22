"""A value that is dear to make and may be a little old: made once for all who ask meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class Kept(Generic[ValueT]):
    """Keeps the last value of `make` for a while.

    Callers who come while it is being made wait for that one, so that any number of them costs as
    much as one. What `make` raises reaches the caller who made it; the next one tries again.

    Args:
        make: makes the value.
        seconds: how old a value may be.
    """

    def __init__(self, make: Callable[[], Awaitable[ValueT]], *, seconds: float) -> None:
        self._make = make
        self._seconds = seconds
        self._lock = asyncio.Lock()
        self._made: tuple[float, ValueT] | None = None

    async def get(self) -> ValueT:
        """The value, at most `seconds` old."""
        async with self._lock:
            if self._made is None or monotonic() - self._made[0] > self._seconds:
                # Stamped before it is made: the value is as old as what it was read from.
                self._made = (monotonic(), await self._make())
            return self._made[1]
