"""Hashing passwords without letting it become a way to exhaust the server (S-05 to S-07)."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from taskforge.core.errors import Fault, Invalid, Unavailable

MIN_LENGTH, MAX_LENGTH = 12, 256
QUEUE_LIMIT = 32
"""Hashes that may wait for a thread; one more is answered with 503."""

_ARGON = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)
"""argon2id with OWASP's m=46 MiB, t=1, p=1 (S-05)."""

AnswerT = TypeVar("AnswerT")


class Passwords:
    """Hashes and verifies in as many threads as there are cores, at most four."""

    def __init__(self) -> None:
        threads = min(4, os.cpu_count() or 1)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._free = threads + QUEUE_LIMIT
        self._dummy: str | None = None

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
        if self._dummy is None:
            self._dummy = await self.hash("nobody's password")
        matches = await self._run(lambda: _matches(encoded or self._dummy or "", password))
        return matches and encoded is not None

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
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._free += 1


def check_strength(password: str, *, username: str, email: str) -> None:
    """Refuse a new password that is too short, too long, or made of the account's own names.

    Raises:
        Invalid: with a pointer to `password`.
    """
    folded = password.casefold()
    names = {username.casefold(), email.casefold(), email.split("@", maxsplit=1)[0].casefold()}
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        message = f"a password has {MIN_LENGTH} to {MAX_LENGTH} characters"
    elif any(name and not folded.replace(name, "").strip("0123456789!.-_") for name in names):
        message = "a password must not be the user's own name"
    elif len(set(folded)) < 5:
        message = "a password needs at least five different characters"
    else:
        return
    raise Invalid(f"This password cannot be used: {message}.", code="weak_password",
                  faults=[Fault("/password", message)])  # fmt: skip


def _matches(encoded: str, password: str) -> bool:
    try:
        return _ARGON.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
