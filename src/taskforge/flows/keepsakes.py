"""What a handler keeps and looks up: checkpoints, memory of its type, other jobs' results.

While the database is away these calls wait for it, as long as a lease lasts.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from taskforge.core.failures import InvalidInput
from taskforge.core.job import JobRow
from taskforge.core.plain import has_nul
from taskforge.db.jobs import job_detail
from taskforge.db.keepsakes import (
    Checkpoint,
    checkpoint,
    checkpoint_sizes,
    checkpoints,
    recall,
    remember,
)
from taskforge.flows.unit import Unit

DATA_LIMIT = 65_536
"""Bytes of JSON under one key (ecosystem.md §4.0)."""
KEY_LIMIT = 200
KEYS_LIMIT = 10_000
TOTAL_LIMIT = 64 * 1024**2
"""Bytes of JSON of all checkpoints of a job: `checkpoints` reads them at once."""

ResultT = TypeVar("ResultT")


class Keepsakes:
    """The lasting values of one attempt; see `handlers.context.Context`."""

    def __init__(self, unit: Unit, row: JobRow) -> None:
        self._unit = unit
        self._row = row
        self._sizes: dict[str, int] | None = {} if row.attempt == 1 else None
        """Bytes by key; None: not yet read."""
        self._total = 0

    async def checkpoint(self, data: Any, key: str) -> None:
        """Keep a value for later attempts."""
        body = _encoded(key, data)
        await self._make_room(key, len(body))
        if not await self._unit.checkpoints.put(self._item(key, body)):
            raise passed_on()

    async def resume(self, key: str) -> Any | None:
        """What was kept under a key."""
        body = await self._look(lambda connection: checkpoint(connection, self._row.id, key))
        return None if body is None else msgspec.json.decode(body)

    async def checkpoints(self) -> dict[str, Any]:
        """Everything kept."""
        kept = await self._look(lambda connection: checkpoints(connection, self._row.id))
        return {key: msgspec.json.decode(body) for key, body in kept.items()}

    async def remember(self, key: str, data: Any) -> None:
        """Keep a value for later jobs of this type."""
        item = self._item(key, _encoded(key, data))
        worker_id = self._unit.claimer.worker_id
        if not await self._look(lambda connection: remember(connection, worker_id, item)):
            raise passed_on()

    async def recall(self, key: str) -> Any | None:
        """What jobs of this type last kept under a key."""
        body = await self._look(lambda connection: recall(connection, self._row.type, key))
        return None if body is None else msgspec.json.decode(body)

    async def result_of(self, job_id: UUID) -> dict[str, Any] | None:
        """Another job, without its logs and events."""
        detail = await self._look(lambda connection: job_detail(connection, job_id))
        if detail is None:
            return None
        shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(detail))
        return {name: shown[name] for name in shown if name not in ("logs", "events")}

    async def _make_room(self, key: str, size: int) -> None:
        if self._sizes is None:
            self._sizes = await self._look(lambda c: checkpoint_sizes(c, self._row.id))
            self._total = sum(self._sizes.values())
        total = self._total + size - self._sizes.get(key, 0)
        if total > TOTAL_LIMIT:
            raise InvalidInput(f"a job may keep at most {TOTAL_LIMIT >> 20} MiB of checkpoints")
        if key not in self._sizes and len(self._sizes) >= KEYS_LIMIT:
            raise InvalidInput(f"a job may keep at most {KEYS_LIMIT:,} checkpoints")
        self._sizes[key], self._total = size, total

    def _item(self, key: str, body: str) -> Checkpoint:
        return Checkpoint(self._row.id, self._row.attempt, key, body)

    async def _look(self, action: Callable[[AsyncConnection], Awaitable[ResultT]]) -> ResultT:
        return await self._unit.insisting(action, seconds=self._unit.deps.settings.lease_seconds)


def passed_on() -> asyncio.CancelledError:
    """What ends a handler whose job runs elsewhere by now; no `except Exception` holds it up."""
    return asyncio.CancelledError("the job has passed to another worker")


def _encoded(key: str, data: Any) -> str:
    if len(key) > KEY_LIMIT or "\x00" in key or not _is_unicode(key):
        raise InvalidInput(f"a key has at most {KEY_LIMIT} characters, and no NUL")
    try:
        body = msgspec.json.encode(data)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"a kept value must be JSON: {error}") from error
    if len(body) > DATA_LIMIT:
        raise InvalidInput(
            f"a kept value has at most {DATA_LIMIT:,} bytes of JSON; this has {len(body):,}"
        )
    if has_nul(body):
        raise InvalidInput("a kept value must not have NUL characters")
    return body.decode()


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
