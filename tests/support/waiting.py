"""Waiting for a condition instead of for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

ValueT = TypeVar("ValueT")


async def eventually(
    look: Callable[[], Awaitable[ValueT]], *, within: float = 10.0, every: float = 0.02
) -> ValueT:
    """The first truthy value that `look` gives; what it raises is only told after the deadline.

    Raises:
        AssertionError: nothing came within `within` seconds.
    """
    deadline = time.monotonic() + within
    seen: object = None
    while True:
        try:
            value = await look()
        except Exception as error:  # noqa: BLE001 - a server that is away is what some tests wait out
            seen = error
        else:
            if value:
                return value
            seen = value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s; last seen: {seen!r}")
        await asyncio.sleep(every)
