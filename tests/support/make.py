"""Orders, drafts, people and claimers with only what matters spelled out."""

from typing import Any
from uuid import UUID

from msgspec import Raw, structs

from taskforge.core.ids import new_id
from taskforge.core.job import JobOrder
from taskforge.core.people import Principal, Role
from taskforge.core.states import Move
from taskforge.db.birth import Draft
from taskforge.db.claims import Claimer
from taskforge.db.moves import Ending

TYPE = "noop"


def person(name: str = "ann") -> Principal:
    return Principal(new_id(), name, Role.OPERATOR)


def order(type: str = TYPE, payload: dict[str, Any] | None = None, **fields: Any) -> JobOrder:
    return JobOrder(type=type, payload=payload or {}, **fields)


def draft(**fields: Any) -> Draft:
    standard = Draft(
        id=new_id(),
        type=TYPE,
        rank=2,
        payload=Raw(b"{}"),
        max_retries=3,
        timeout_seconds=60,
        run_at=None,
        delay_seconds=0.0,
        created_by=None,
        webhook_url=None,
        idempotency_key=None,
        tags=[],
        summary=None,
        actor="user:ann",
    )
    return structs.replace(standard, **fields)


def claimer(
    *, worker_id: UUID | None = None, lease_seconds: float = 30.0, types: list[str] | None = None
) -> Claimer:
    return Claimer(worker_id or new_id(), [0, 1, 2, 3], types or [TYPE], lease_seconds)


def ending(job_id: UUID, attempt: int, worker_id: UUID, move: Move, **fields: Any) -> Ending:
    return Ending(job_id, attempt, worker_id, move, **fields)
