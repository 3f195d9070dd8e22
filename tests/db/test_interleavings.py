"""T-56: two rivals for one job, stepped through every order of begin, act and commit.

A rival whose act has to wait for the other's lock goes on when the other has committed, as it
would in life; that it waits is seen in PostgreSQL itself, so no order depends on luck.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from support.invariants import broken
from support.make import claimer, draft, ending, person
from support.waiting import eventually
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.retry import after_crash
from taskforge.core.states import JobStatus, Move
from taskforge.db import moves, priorities
from taskforge.db.birth import create
from taskforge.db.claims import claim, renew
from taskforge.db.counts import roll_up
from taskforge.db.hints import take_unhinted
from taskforge.db.idempotency import take_key
from taskforge.db.leases import lock_expired
from taskforge.db.prune import delete_finished, prune_jobs

ME, OTHER = claimer(), claimer()
PERSON = new_id()
ORDERS = sorted(set(itertools.permutations("AAABBB")))
Act = Callable[[AsyncConnection, UUID], Awaitable[Any]]

EXPIRE = "UPDATE jobs SET lease_expires_at = clock_timestamp() - interval '1 s'"
DUE = "UPDATE jobs SET run_at = clock_timestamp() - interval '1 s'"
PAUSE = "UPDATE queues SET paused_at = clock_timestamp() WHERE name = 'default'"


def claim_as(worker: Any) -> Act:
    return lambda c, job_id: claim(c, worker, [job_id], free=1)


def end(move: Move, attempt: int = 1) -> Act:
    return lambda c, it: moves.settle(c, [ending(it, attempt, ME.worker_id, move, delay=60.0)])


async def cancel(c: AsyncConnection, job_id: UUID) -> Any:
    return await moves.cancel(c, [job_id], person("ann"))


async def revive(c: AsyncConnection, job_id: UUID) -> Any:
    return await moves.revive(c, [job_id], person("ann"))


def reprioritise(priority: Priority) -> Act:
    return lambda c, job_id: priorities.reprioritise(c, [job_id], priority, person("ann"))


async def promote(c: AsyncConnection, _job_id: UUID) -> Any:
    return await moves.promote(c, limit=5)


async def delete(c: AsyncConnection, job_id: UUID) -> Any:
    return await delete_finished(c, [job_id], person("ann"))


async def prune(c: AsyncConnection, _job_id: UUID) -> Any:
    return await prune_jobs(c, days={JobStatus.FAILED: 1e-9}, limit=5)


async def beat(c: AsyncConnection, job_id: UUID) -> Any:
    return await renew(c, ME, [(job_id, 1)])


async def hint(c: AsyncConnection, _job_id: UUID) -> Any:
    return await take_unhinted(c, limit=5)


async def fold(c: AsyncConnection, _job_id: UUID) -> Any:
    return await roll_up(c)


async def pause(c: AsyncConnection, _job_id: UUID) -> Any:
    return (await c.execute(text(PAUSE))).rowcount


async def own_key(c: AsyncConnection, job_id: UUID) -> Any:
    return await take_key(c, PERSON, "k", "print", job_id=job_id)


async def rescue(c: AsyncConnection, _job_id: UUID) -> Any:
    found = await lock_expired(c, limit=5)
    verdicts = [(it, after_crash(it.budget)) for it in found]
    endings = [
        ending(it.id, it.attempt, it.worker_id, verdict.move, failed=True, crashed=True)
        for it, verdict in verdicts
    ]
    return await moves.settle(c, endings) if endings else {}


class Pair(NamedTuple):
    """Two rivals, where the job stands before, and how it may end: (status, A won, B won)."""

    name: str
    before: str
    a: Act
    b: Act
    ends: set[tuple[str | None, bool, bool]]


PAIRS = [
    Pair("cancel, claim", "queued", cancel, claim_as(ME),
         {("cancelled", True, False), ("running", True, True)}),
    Pair("claim, claim", "queued", claim_as(ME), claim_as(OTHER),
         {("running", True, False), ("running", False, True)}),
    Pair("success, rescue", "silent", end(Move.SUCCEED), rescue,
         {("success", True, False), ("queued", False, True)}),
    Pair("heartbeat, rescue", "silent", beat, rescue,
         {("running", True, False), ("queued", False, True)}),
    Pair("rescue, rescue", "silent", rescue, rescue,
         {("queued", True, False), ("queued", False, True)}),
    Pair("cancel, rescue", "silent", cancel, rescue,
         {("cancelled", True, True), ("running", True, False)}),
    Pair("cancel, success", "running", cancel, end(Move.SUCCEED),
         {("success", True, True), ("success", False, True)}),
    Pair("cancel, retry", "running", cancel, end(Move.RETRY), {("cancelled", True, True)}),
    Pair("cancel, release", "running", cancel, end(Move.RELEASE), {("cancelled", True, True)}),
    Pair("cancel, failure", "running", cancel, end(Move.FAIL),
         {("cancelled", True, True), ("failed", False, True)}),
    Pair("cancel, cancel", "queued", cancel, cancel,
         {("cancelled", True, False), ("cancelled", False, True)}),
    Pair("success, late success", "running", end(Move.SUCCEED), end(Move.SUCCEED),
         {("success", True, False), ("success", False, True)}),
    Pair("late success, claim", "released", end(Move.SUCCEED), claim_as(ME),
         {("running", False, True)}),
    Pair("promote, cancel", "due", promote, cancel,
         {("cancelled", True, True), ("cancelled", False, True)}),
    Pair("promote, promote", "due", promote, promote,
         {("queued", True, False), ("queued", False, True)}),
    Pair("retry by hand, retry by hand", "failed", revive, revive,
         {("queued", True, False), ("queued", False, True)}),
    Pair("retry by hand, delete", "failed", revive, delete,
         {("queued", True, False), (None, False, True)}),
    Pair("retry by hand, prune", "failed", revive, prune,
         {("queued", True, False), (None, False, True)}),
    Pair("prune, prune", "failed", prune, prune, {(None, True, False), (None, False, True)}),
    Pair("delete, delete", "failed", delete, delete, {(None, True, False), (None, False, True)}),
    Pair("delete, success", "running", delete, end(Move.SUCCEED),
         {("success", False, True), (None, True, True)}),
    Pair("new priority, claim", "queued", reprioritise(Priority.HIGH), claim_as(ME),
         {("queued", True, False), ("running", True, True), ("running", False, True)}),
    Pair("new priority, cancel", "queued", reprioritise(Priority.LOW), cancel,
         {("cancelled", True, True), ("cancelled", False, True)}),
    Pair("new priority, promote", "due", reprioritise(Priority.LOW), promote,
         {("scheduled", True, False), ("queued", True, True)}),
    Pair("new priority, same priority", "queued",
         reprioritise(Priority.LOW), reprioritise(Priority.LOW),
         {("queued", True, False), ("queued", False, True)}),
    Pair("new priority, other priority", "queued",
         reprioritise(Priority.LOW), reprioritise(Priority.HIGH), {("queued", True, True)}),
    Pair("new priority, prune", "failed", reprioritise(Priority.LOW), prune,
         {(None, False, True)}),
    Pair("new priority, retry by hand", "failed", reprioritise(Priority.LOW), revive,
         {("queued", False, True), ("queued", True, True)}),
    Pair("new priority, roll-up", "queued", reprioritise(Priority.LOW), fold,
         {("queued", True, True)}),
    Pair("hint, hint", "unhinted", hint, hint,
         {("queued", True, False), ("queued", False, True)}),
    Pair("hint, claim", "unhinted", hint, claim_as(ME),
         {("queued", True, False), ("running", False, True), ("running", True, True)}),
    Pair("pause, claim", "queued", pause, claim_as(ME),
         {("queued", True, False), ("running", True, True)}),
    Pair("key, key", "queued", own_key, own_key,
         {("queued", True, False), ("queued", False, True)}),
    Pair("roll-up, roll-up", "queued", fold, fold,
         {("queued", True, False), ("queued", False, True)}),
    Pair("roll-up, claim", "queued", fold, claim_as(ME), {("running", True, True)}),
]  # fmt: skip


async def prepare(connection: AsyncConnection, before: str) -> UUID:
    job_id = new_id()
    await connection.execute(text("UPDATE queues SET paused_at = NULL"))
    await connection.execute(text("DELETE FROM idempotency_keys"))
    await create(connection, [draft(id=job_id, delay_seconds=60.0 if before == "due" else 0.0)])
    if before in ("running", "silent", "released", "failed"):
        await claim(connection, ME, [job_id], free=1)
    if before in ("released", "failed"):
        await end(Move.RELEASE if before == "released" else Move.FAIL)(connection, job_id)
    if before == "silent":
        await connection.execute(text(f"{EXPIRE} WHERE id = :id"), {"id": job_id})
    if before == "due":
        await connection.execute(text(f"{DUE} WHERE id = :id"), {"id": job_id})
    if before == "unhinted":
        await connection.execute(text("UPDATE jobs SET hinted_at = NULL"))
    return job_id


class Rival:
    """One connection, and how far it has come."""

    def __init__(self, connection: AsyncConnection, act: Act, job_id: UUID) -> None:
        self._connection = connection
        self._act = act
        self._job_id = job_id
        self._steps = iter((self._begin, self._start, self._commit))
        self._acting: asyncio.Task[Any] | None = None
        self.pid = 0
        self.won = False

    async def step(self, watcher: AsyncConnection) -> None:
        await next(self._steps)(watcher)

    async def _begin(self, _watcher: AsyncConnection) -> None:
        await self._connection.execution_options(isolation_level="READ COMMITTED")
        self.pid = await self._connection.scalar(text("SELECT pg_backend_pid()")) or 0

    async def _start(self, watcher: AsyncConnection) -> None:
        """Returns when the act is done, or waits for the other's lock."""
        self._acting = asyncio.ensure_future(self._act(self._connection, self._job_id))

        async def look() -> bool:
            blocked = "SELECT cardinality(pg_blocking_pids(:pid)) > 0"
            assert self._acting
            return self._acting.done() or bool(
                await watcher.scalar(text(blocked), {"pid": self.pid})
            )

        await eventually(look, every=0)

    async def _commit(self, _watcher: AsyncConnection) -> None:
        assert self._acting
        self.won = bool(await self._acting)
        await self._connection.commit()

    @property
    def waits(self) -> bool:
        return self._acting is not None and not self._acting.done()


async def play(engine: Any, pair: Pair, order: tuple[str, ...], job_id: UUID) -> tuple[bool, bool]:
    """Step the rivals in this order; who won."""
    async with engine.connect() as first, engine.connect() as second, engine.connect() as watcher:
        rivals = {"A": Rival(first, pair.a, job_id), "B": Rival(second, pair.b, job_id)}
        postponed: list[Rival] = []
        for name in order:
            rival = rivals[name]
            if rival.waits:  # its commit can only follow the other's
                postponed.append(rival)
            else:
                await rival.step(watcher)
        for rival in postponed:
            await rival.step(watcher)
    return rivals["A"].won, rivals["B"].won


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
async def test_one_of_two_rivals_wins_in_every_order(engine, connection, plain, pair):
    seen = set()
    for order in ORDERS:
        job_id = await prepare(connection, pair.before)

        won = await play(engine, pair, order, job_id)

        status = await plain.fetchval("SELECT status FROM jobs WHERE id = $1", job_id)
        assert (status, *won) in pair.ends, "".join(order)
        assert await broken(connection) == {}, "".join(order)
        seen.add((status, *won))
        for table in ("jobs", "job_details", "job_events", "job_attempts", "job_results"):
            await plain.execute(f"DELETE FROM {table}")
        await plain.execute("DELETE FROM job_deltas; DELETE FROM job_counts")
    assert seen == pair.ends, "some end never came about"
