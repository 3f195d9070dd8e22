"""Hashing passwords without letting it become a way to exhaust the server (S-05 to S-07)."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from taskforge.core.errors import Unavailable
from taskforge.metrics.requests import PASSWORD_SECONDS

QUEUE_LIMIT = 32
"""Hashes that may wait for a thread; one more is answered with 503."""

_ARGON = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
"""argon2id with OWASP's m=46 MiB, t=1, p=1 (S-05)."""
_NOBODYS = (
    f"$argon2id$v=19$m={_ARGON.memory_cost},t={_ARGON.time_cost},p={_ARGON.parallelism}"
    f"${'A' * 22}${'A' * 43}"
)
"""A hash that no password has, and that costs as much to compare with as anybody's."""

AnswerT = TypeVar("AnswerT")


class Passwords:
    """Hashes and verifies in as many threads as there are cores, at most four."""

    def __init__(self) -> None:
        threads = min(4, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._free = threads + QUEUE_LIMIT

    async def hash(self, password: str) -> str:
        """The encoded argon2id hash.

        Raises:
            Unavailable: too many hashes are waiting (S-06).
        """
        return await self._run(lambda: _ARGON.hash(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `password` made `encoded`.

        Without a hash (an unknown user) it takes as long and answers False (S-07).

        Raises:
            Unavailable: too many hashes are waiting (S-06).
        """
        return await self._run(lambda: _matches(encoded or _NOBODYS, password))

    def is_outdated(self, encoded: str) -> bool:
        """Whether the hash was made with weaker parameters than today's."""
        return _ARGON.check_needs_rehash(encoded)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], AnswerT]) -> AnswerT:
        if self._free == 0:
            raise Unavailable("Too many sign-ins at once; try again in a moment.", retry_after=1)
        self._free -= 1
        started = time.perf_counter()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free += 1
            PASSWORD_SECONDS.observe(time.perf_counter() - started)


def _matches(encoded: str, password: str) -> bool:
    try:
        return _ARGON.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
