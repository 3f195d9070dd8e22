"""What a handler keeps and looks up: checkpoints, memory of its type, other jobs' results."""

from typing import Any
from uuid import UUID

import msgspec

from taskforge.core.failures import InvalidInput, JobError
from taskforge.core.job import JobRow
from taskforge.db.jobs import job_detail
from taskforge.db.keepsakes import Checkpoint, checkpoint, checkpoints, recall, remember
from taskforge.flows.unit import Unit

DATA_LIMIT = 65_536
"""Bytes of JSON under one key (ecosystem.md §4.0)."""
KEY_LIMIT = 200
KEYS_LIMIT = 10_000


class Keepsakes:
    """The lasting values of one attempt; see `handlers.context.Context`."""

    def __init__(self, unit: Unit, row: JobRow) -> None:
        self._unit = unit
        self._row = row
        self._keys: set[str] = set()

    async def checkpoint(self, data: Any, key: str) -> None:
        """Keep a value for later attempts."""
        body = _encoded(key, data)
        self._keys.add(key)
        if len(self._keys) > KEYS_LIMIT:
            raise InvalidInput(f"an attempt may keep at most {KEYS_LIMIT:,} checkpoints")
        row = self._row
        if not await self._unit.checkpoints.put(Checkpoint(row.id, row.attempt, key, body)):
            raise JobError("the job has passed to another worker")

    async def resume(self, key: str) -> Any | None:
        """What was kept under a key."""
        async with self._unit.deps.db.connect() as connection:
            body = await checkpoint(connection, self._row.id, key)
        return None if body is None else msgspec.json.decode(body)

    async def checkpoints(self) -> dict[str, Any]:
        """Everything kept."""
        async with self._unit.deps.db.connect() as connection:
            kept = await checkpoints(connection, self._row.id)
        return {key: msgspec.json.decode(body) for key, body in kept.items()}

    async def remember(self, key: str, data: Any) -> None:
        """Keep a value for later jobs of this type."""
        body = _encoded(key, data)
        async with self._unit.deps.db.connect() as connection:
            await remember(connection, self._row.type, key, job_id=self._row.id, data=body)

    async def recall(self, key: str) -> Any | None:
        """What jobs of this type last kept under a key."""
        async with self._unit.deps.db.connect() as connection:
            body = await recall(connection, self._row.type, key)
        return None if body is None else msgspec.json.decode(body)

    async def result_of(self, job_id: UUID) -> dict[str, Any] | None:
        """Another job, without its logs and events."""
        async with self._unit.deps.db.connect() as connection:
            detail = await job_detail(connection, job_id)
        if detail is None:
            return None
        shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(detail))
        return {name: shown[name] for name in shown if name not in ("logs", "events")}


def _encoded(key: str, data: Any) -> str:
    if len(key) > KEY_LIMIT or "\x00" in key:
        raise InvalidInput(f"a key has at most {KEY_LIMIT} characters, and no NUL")
    try:
        body = msgspec.json.encode(data)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"a kept value must be JSON: {error}") from error
    if len(body) > DATA_LIMIT or b"\\u0000" in body:
        raise InvalidInput(f"a kept value has at most {DATA_LIMIT:,} bytes of JSON, and no NUL")
    return body.decode()
