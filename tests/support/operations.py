"""Bulk operations for tests: jobs to begin with, an order, the duty run to its end."""

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import text

from support.invariants import broken
from support.make import draft
from taskforge.core.ids import new_id
from taskforge.core.operation import OperationAction, Outcome
from taskforge.core.people import Principal, Role
from taskforge.db.birth import create
from taskforge.db.engine import transaction
from taskforge.db.operations import OperationFilter, OperationItem, OperationView, list_items
from taskforge.flows import accounts, operating, operations
from taskforge.flows.deps import Deps
from taskforge.flows.operations import OperationOrder

ALL = OperationFilter()


async def account(deps: Deps, name: str, role: Role) -> Principal:
    made = await accounts.create_user(
        deps, username=name, email=f"{name}@example.com", password="a long enough password",
        role=role,
    )  # fmt: skip
    return Principal(made.id, name, role)


async def born(deps: Deps, n: int = 1, **fields: Any) -> list[UUID]:
    async with deps.db.connect() as connection:
        made: list[UUID] = []
        for start in range(0, n, 1_000):
            drafts = [draft(**fields) for _ in range(min(n - start, 1_000))]
            made += await create(connection, drafts)
    return sorted(made)


async def begun(
    deps: Deps, by: Principal, action: OperationAction = OperationAction.CANCEL, **fields: Any
) -> OperationView:
    made = OperationOrder(action=action, **fields)
    operations.check_order(made)
    return (await operations.begin(deps, made, by, None)).answer


async def carried_out(deps: Deps, operation: OperationView) -> OperationView:
    """The operation after as many passes as it takes."""
    while await operating.operate(deps):
        pass
    return await operations.look(deps, operation.id)


async def items_of(
    deps: Deps, operation: OperationView, outcome: Outcome | None = None
) -> dict[UUID, OperationItem]:
    async with deps.db.connect() as connection:
        found = await list_items(
            connection, operation.id, outcome=outcome, after=None, limit=100_000
        )
    return {item.job_id: item for item in found}


async def statuses(plain: asyncpg.Connection) -> dict[str, int]:
    rows = await plain.fetch("SELECT status, count(*) FROM jobs GROUP BY status")
    return {row["status"]: row["count"] for row in rows}


async def key_of(plain: asyncpg.Connection, by: Principal) -> UUID:
    key_id = new_id()
    await plain.execute(
        "INSERT INTO api_keys (id, user_id, name, prefix, digest, is_default)"
        " VALUES ($1, $2, 'spare', 'tf_x', 'x', false)", key_id, by.user_id,
    )  # fmt: skip
    return key_id


async def sound(deps: Deps) -> None:
    async with transaction(deps.db) as connection:
        # Thousands of jobs were made a moment ago, and a planner that does not know of them
        # takes minutes where it may take a second.
        await connection.execute(text("ANALYZE"))
        assert await broken(connection) == {}
