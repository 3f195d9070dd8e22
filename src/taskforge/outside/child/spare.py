"""One child process, started ahead of the next request: it saves the start of an interpreter.

A spare is handed out once, and its successor started then. None is kept before the first request,
nor long after the last one, and none outlives the loop or the process that it waits in.
"""

import asyncio
from contextlib import suppress

from taskforge.outside.child.start import Child

IDLE_SECONDS = 60.0


class Spares:
    """Keeps at most one spare; belongs to the loop that uses it.

    Args:
        idle_seconds: how long a spare waits before it ends.
    """

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._ready: Child | None = None
        self._taken = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._keepers: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self) -> Child:
        """The spare, or a new child. Must not be cancelled half-way: shield it.

        Raises:
            OSError: no process, descriptor or room on the disk is left.
        """
        child, self._ready = self._ready, None
        if child is not None:
            self._taken.set()
            self._keeper = None
        self._restock()
        if child is not None and not child.usable:
            await child.end()
            child = None
        return child or await Child.start()

    async def aclose(self) -> None:
        """End the spare and keep no other; `take` works on."""
        self._closed = True
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)

    def _restock(self) -> None:
        if self._closed or (self._keeper is not None and not self._keeper.done()):
            return
        self._taken = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(self._taken))
        self._keepers.add(self._keeper)
        self._keeper.add_done_callback(self._keepers.discard)

    async def _keep(self, taken: asyncio.Event) -> None:
        """Hold one spare until it is taken, its time is over, or this task is cancelled."""
        starting = asyncio.ensure_future(Child.start())
        try:
            self._ready = await asyncio.shield(starting)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._idle_seconds):
                    await taken.wait()
        except OSError:  # whoever asks for a child will hear of it
            return
        finally:
            with suppress(OSError):
                child = await starting
                if not taken.is_set():
                    self._ready = None
                    await child.end()
