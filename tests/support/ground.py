"""What the actions on the world stand on: the model, the connection, and the comparison of both."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from hypothesis.strategies import SearchStrategy, sampled_from
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from support.invariants import broken
from support.make import claimer, ending, person
from support.model import Grip, Job, Model
from taskforge.core.retry import RetryPolicy, after_crash
from taskforge.core.states import JobStatus
from taskforge.db import moves
from taskforge.db.claims import Claimed
from taskforge.db.counts import MINUTES, job_counts
from taskforge.db.engine import transaction
from taskforge.db.leases import lock_expired
from taskforge.db.prune import OWNED
from taskforge.flows.deps import Deps

AnswerT = TypeVar("AnswerT")
ValueT = TypeVar("ValueT")
Draw = Callable[[SearchStrategy[Any]], Any]

TABLES = ("jobs", *OWNED, "job_deltas", "job_counts", "job_minutes", "idempotency_keys")
LOOK = text("""
SELECT id, status, attempt, failures, crashes, cycle, version, priority,
       CASE status WHEN 'running' THEN worker_id END AS worker,
       cancel_requested_at IS NOT NULL AS cancel
FROM jobs
""")
WORKERS = [claimer() for _ in range(2)]
FEW = 4
"""So many jobs meet each other often; with more, a life would only touch each once."""
BIRTHS = text(f"SELECT coalesce(sum(n), 0) FROM {MINUTES} AS m WHERE status = 'submitted'")
LATER = (JobStatus.SCHEDULED, JobStatus.RETRYING)
HOUR = 3_600.0
DELAYS = RetryPolicy(base_seconds=HOUR)


class Ground:
    """The system beside its model.

    Args:
        deps: of the system.
        run: runs what the system awaits.
    """

    def __init__(self, deps: Deps, run: Callable[[Awaitable[Any]], Any]) -> None:
        self.deps = deps
        self.run = run
        self.by = person()
        self.model = Model()
        self.keys: dict[str, tuple[UUID, int]] = {}
        for table in TABLES:
            self._sql(f"DELETE FROM {table}")
        self._sql("DELETE FROM type_limits")
        self._sql("UPDATE queues SET concurrency_limit = NULL")

    def check(self) -> None:
        """The system agrees with the model, and every invariant holds."""

        async def look(connection: AsyncConnection) -> tuple[list[Any], dict[str, int], Any, Any]:
            rows = (await connection.execute(LOOK)).mappings().all()
            births = await connection.scalar(BIRTHS)
            return list(rows), await broken(connection), await job_counts(connection), births

        rows, faults, counts, births = self._connected(look)
        jobs = self.model.jobs
        assert {row["id"]: Job(**row) for row in rows} == jobs
        assert faults == {}
        assert births == self.model.births
        found = [job.status for job in jobs.values()]
        assert counts.by_status == {status: found.count(status) for status in JobStatus}

    # --- people

    def _connected(
        self, action: Callable[..., Awaitable[AnswerT]], *args: Any, **named: Any
    ) -> Any:
        async def work() -> AnswerT:
            async with self.deps.db.connect() as connection:
                return await action(connection, *args, **named)

        return self.run(work())

    def _sql(self, statement: str, **values: Any) -> None:
        self._connected(lambda connection: connection.execute(text(statement), values))

    def _turn(self, change: str, which: str, it: UUID) -> None:
        self._sql(f"UPDATE jobs SET {change} WHERE {which}", it=it)

    def _any_job(self, draw: Draw) -> Job | None:
        jobs = list(self.model.jobs.values())
        return draw(sampled_from(jobs)) if jobs else None

    def _any_grip(self, draw: Draw) -> Grip | None:
        """Most often one that still holds, or one that a later claim of the same job made void."""
        grips = self.model.grips
        firm = [grip for grip in grips if self.model.holds(grip)]
        running = {grip.job_id for grip in firm}
        void = [grip for grip in grips if grip.job_id in running and grip not in firm]
        chances = [kind for kind in (firm, firm, void, grips) if kind]
        return draw(sampled_from(draw(sampled_from(chances)))) if chances else None

    def _started(self, claimed: list[Claimed], worker_id: UUID) -> None:
        for it in claimed:
            job = self.model.started(it.row.id, worker_id)
            assert (it.row.attempt, it.row.version) == (job.attempt, job.version)

    def _settle(self, endings: list[moves.Ending], grips: list[Grip]) -> None:
        done = self._connected(moves.settle, endings)
        holding = [it for it, grip in zip(endings, grips, strict=True) if self.model.holds(grip)]
        assert {(it.id, it.attempt) for it in done.values()} == {
            (it.id, it.attempt) for it in holding
        }
        for it in holding:
            self.model.ended(it)
            assert done[it.id].status == self.model.jobs[it.id].status

    async def _rescue(self) -> list[moves.Ending]:
        """The heart of `tend.rescue`, without its patience."""
        async with transaction(self.deps.db) as connection:
            endings: list[moves.Ending] = []
            for it in await lock_expired(connection, limit=100):
                verdict = after_crash(it.budget)
                asked = {name: getattr(verdict, name) for name in ("failed", "crashed", "delay")}
                endings.append(ending(it.id, it.attempt, it.worker_id, verdict.move, **asked))
            if endings:
                await moves.settle(connection, endings)
            return endings
