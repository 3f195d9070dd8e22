"""Looking a host name up: once a request, off the loop, with a deadline that holds."""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread

from ssrfguard import (
    Address,
    BlockedAddressError,
    Policy,
    Resolver,
    Target,
    resolve,
)

from taskforge.core.failures import BlockedByPolicy
from taskforge.core.outbound import HttpFailed
from taskforge.outside.http.rules import REFUSED

Row = tuple[int, int, int, str, tuple[object, ...]]
LOOKUPS_AT_ONCE = 64


class Names:
    """The system's resolver, which can neither be interrupted nor told to hurry.

    A lookup that takes too long is left behind in its thread, which keeps its place among the
    LOOKUPS_AT_ONCE: a hostile name server can slow lookups down, and nothing else.

    Args:
        look_up: a stand-in for `socket.getaddrinfo`; what it answers is judged all the same.
    """

    def __init__(self, look_up: Resolver = socket.getaddrinfo) -> None:
        self._look_up = look_up
        self._places = asyncio.Semaphore(LOOKUPS_AT_ONCE)

    async def addresses(
        self, target: Target, policy: Policy, *, seconds: float
    ) -> Sequence[Address]:
        """All addresses of a host, each of them allowed.

        Raises:
            BlockedByPolicy: at least one of them is not.
            HttpFailed: there are none, or not in time (`dns`).
        """
        try:
            async with asyncio.timeout(seconds):
                rows = await self._rows(target)
            return resolve(target, policy=policy, resolver=lambda *_: rows)
        except BlockedAddressError:
            raise BlockedByPolicy(REFUSED) from None
        except (OSError, ValueError):  # an answer may also be a host that no packet could carry
            raise HttpFailed("The name of the host could not be found.", reason="dns") from None

    async def _rows(self, target: Target) -> list[Row]:
        if target.is_literal_address:
            return self._ask(target, socket.AI_NUMERICHOST)
        loop = asyncio.get_running_loop()
        await self._places.acquire()
        answer: Future[list[Row]] = Future()
        answer.add_done_callback(lambda _: _soon(loop, self._places))

        def work() -> None:
            try:
                answer.set_result(self._ask(target, 0))
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the asker
                answer.set_exception(error)

        answer.set_running_or_notify_cancel()
        try:
            # A thread of its own: a pool's would keep the process from ending until it has ended.
            Thread(target=work, daemon=True, name="taskforge-lookup").start()
        except RuntimeError as error:
            answer.set_exception(OSError(f"no thread for a lookup: {error}"))
        return await asyncio.wrap_future(answer)

    def _ask(self, target: Target, flags: int) -> list[Row]:
        return list(self._look_up(target.host, target.port, 0, socket.SOCK_STREAM, 0, flags))


def _soon(loop: asyncio.AbstractEventLoop, places: asyncio.Semaphore) -> None:
    with suppress(RuntimeError):  # the loop may be gone by the time a slow name server answers
        loop.call_soon_threadsafe(places.release)
