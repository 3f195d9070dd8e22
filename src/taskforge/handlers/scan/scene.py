"""What the checks of one scan share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from taskforge.core.failures import JobError, JobTimeout
from taskforge.handlers.base import Context
from taskforge.handlers.scan.finding import Place
from taskforge.handlers.scan.payload import ScanOptions
from taskforge.handlers.scan.target import Target

ValueT = TypeVar("ValueT")


class Scene(NamedTuple):
    """One scan of one target."""

    ctx: Context
    target: Target
    options: ScanOptions
    identity: str
    """The target's, for ids and for comparing."""

    def place(self, location: str, *, line: int | None = None, key: str | None = None) -> Place:
        """A place in this target; see `Place`."""
        return Place(self.identity, location, line, key)


class Once(Generic[ValueT]):
    """Something that several checks need and the first one gets.

    A failure or a time-out is kept too: the others are skipped for the same reason, and the target
    is not asked again.

    Args:
        get: makes it.
    """

    def __init__(self, get: Callable[[], Awaitable[ValueT]]) -> None:
        self._get = get
        self._lock = asyncio.Lock()
        self._made: list[ValueT] = []
        self._failed: JobError | None = None

    async def __call__(self) -> ValueT:
        """The value.

        Raises:
            JobError: what `get` raised, every time.
        """
        async with self._lock:
            if self._failed is not None:
                raise self._failed
            if not self._made:
                self._made.append(await self._first())
            return self._made[0]

    async def _first(self) -> ValueT:
        try:
            return await self._get()
        except JobError as error:
            self._failed = error
            raise
        except asyncio.CancelledError:
            self._failed = JobTimeout("What it builds on took too long.")
            raise
