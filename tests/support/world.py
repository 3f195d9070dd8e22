"""The same things done to the real system and to the model; every action checks its own answer.

An action takes `draw`, which chooses from a strategy: the chooser is Hypothesis.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis.strategies import SearchStrategy, booleans, integers, sampled_from
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from support.invariants import broken
from support.make import claimer, ending, order, person
from support.model import Grip, Job, Model
from taskforge.core.errors import Conflict, Invalid, NotFound
from taskforge.core.failures import InvalidInput, TargetError
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.retry import Budget, RetryPolicy, after_crash, after_failure
from taskforge.core.states import FINAL, JobStatus, Move, allows
from taskforge.db import moves
from taskforge.db.claims import Claimed, claim, claim_suspect, renew, save_progress
from taskforge.db.counts import job_counts, roll_up
from taskforge.db.engine import transaction
from taskforge.db.leases import lock_expired
from taskforge.db.prune import OWNED, prune_jobs, prune_keys
from taskforge.flows import control, submit, tend
from taskforge.flows.deps import Deps

AnswerT = TypeVar("AnswerT")
ValueT = TypeVar("ValueT")
Draw = Callable[[SearchStrategy[Any]], Any]

TABLES = ("jobs", *OWNED, "job_deltas", "job_counts", "job_minutes", "idempotency_keys")
LOOK = text("""
SELECT id, status, attempt, failures, crashes, cycle, version,
       CASE status WHEN 'running' THEN worker_id END AS worker,
       cancel_requested_at IS NOT NULL AS cancel
FROM jobs
""")
WORKERS = [claimer() for _ in range(2)]
FEW = 4
"""So many jobs meet each other often; with more, a life would only touch each once."""
LATER = (JobStatus.SCHEDULED, JobStatus.RETRYING)
HOUR = 3_600.0
DELAYS = RetryPolicy(base_seconds=HOUR)


class World:
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

    def check(self) -> None:
        """The system agrees with the model, and every invariant holds."""

        async def look(connection: AsyncConnection) -> tuple[list[Any], dict[str, int], Any]:
            rows = (await connection.execute(LOOK)).mappings().all()
            return list(rows), await broken(connection), await job_counts(connection)

        rows, faults, counts = self._connected(look)
        jobs = self.model.jobs
        assert {row["id"]: Job(**row) for row in rows} == jobs
        assert faults == {}
        found = [job.status for job in jobs.values()]
        assert counts.by_status == {status: found.count(status) for status in JobStatus}

    # --- people

    def submit(self, draw: Draw) -> None:
        if len(self.model.jobs) >= FEW:
            return self.cancel(draw)
        retries, later = draw(integers(0, 3)), draw(booleans())
        asked = order(
            priority=draw(sampled_from(Priority)),
            max_retries=retries,
            delay_seconds=HOUR if later else None,
        )
        done = self.run(submit.submit(self.deps, asked, self.by))
        return self.model.born(done.job.id, retries, later=later)

    def submit_with_a_key(self, draw: Draw) -> None:
        key, retries = draw(sampled_from("ab")), draw(integers(0, 1))
        held = self.keys.get(key)
        try:
            asked = order(max_retries=retries, idempotency_key=key)
            done = self.run(submit.submit(self.deps, asked, self.by))
        except Invalid:
            assert held
            assert held[1] != retries
        except Conflict:
            assert held
            assert held[0] not in self.model.jobs
        else:
            assert done.fresh is (held is None)
            assert held in (None, (done.job.id, retries))
            if done.fresh:
                self.keys[key] = (done.job.id, retries)
                self.model.born(done.job.id, retries)

    def submit_many(self, draw: Draw) -> None:
        if len(self.model.jobs) >= FEW:
            return self.delete(draw)
        asked = [order() for _ in range(draw(integers(1, 3)))]
        done = self.run(submit.submit_many(self.deps, asked, self.by, atomic=draw(booleans())))
        for it in done:
            self.model.born(it.job.id)
        return None

    def cancel(self, draw: Draw) -> None:
        if job := self._any_job(draw):
            try:
                row = self.run(control.cancel(self.deps, job.id, self.by))
            except Conflict:
                assert job.status in FINAL
            else:
                self.model.cancelled(job.id)
                assert row.version == self.model.jobs[job.id].version

    def retry(self, draw: Draw) -> None:
        if job := self._any_job(draw):
            try:
                self.run(control.retry(self.deps, job.id, self.by))
            except Conflict:
                assert not allows(Move.REVIVE, job.status)
            else:
                assert allows(Move.REVIVE, job.status)
                self.model.revived(job.id)

    def delete(self, draw: Draw) -> None:
        if job := self._any_job(draw):
            try:
                self.run(control.delete(self.deps, job.id, self.by))
            except Conflict:
                assert job.status not in FINAL
            else:
                assert job.status in FINAL
                del self.model.jobs[job.id]

    def ask_for_what_never_was(self, draw: Draw) -> None:
        action = draw(sampled_from([control.cancel, control.retry, control.delete]))
        with pytest.raises(NotFound):
            self.run(action(self.deps, new_id(), self.by))

    # --- workers

    def claim(self, draw: Draw) -> None:
        worker, free = draw(sampled_from(WORKERS)), draw(integers(1, 3))
        waiting = [job for job in self.model.within([JobStatus.QUEUED]) if job.crashes < 2]
        named = [draw(sampled_from(waiting)).id] if waiting and draw(booleans()) else []

        claimed = self._connected(claim, worker, [*named, new_id()], free=free)

        assert len(claimed) == min(free, len(waiting))
        assert {it.row.id for it in claimed} >= set(named)
        self._started(claimed, worker.worker_id)

    def claim_a_suspect(self, draw: Draw) -> None:
        worker = draw(sampled_from(WORKERS))
        suspects = [job for job in self.model.within([JobStatus.QUEUED]) if job.crashes >= 2]

        taken = self._connected(claim_suspect, worker)

        assert (taken is not None) is bool(suspects)
        self._started([taken] if taken else [], worker.worker_id)

    def heartbeat(self, draw: Draw) -> None:
        worker = draw(sampled_from(WORKERS))
        mine = [grip for grip in self.model.grips if grip.worker_id == worker.worker_id]

        renewed = self._connected(renew, worker, [grip[:2] for grip in mine])

        holding = {grip[:2] for grip in mine if self.model.holds(grip)}
        assert {(it.id, it.attempt) for it in renewed} == holding
        for it in renewed:
            assert it.cancel_requested is self.model.jobs[it.id].cancel
            self.model.turned(it.id, silent=False)

    def report(self, draw: Draw) -> None:
        if grip := self._any_grip(draw):
            latest = [(grip.job_id, grip.attempt, '{"percent": 5}')]
            self._connected(save_progress, grip.worker_id, latest)

    def end(self, draw: Draw) -> None:
        if grip := self._any_grip(draw):
            move = draw(sampled_from([Move.SUCCEED, Move.RELEASE, Move.STOP]))
            self._settle([ending(*grip[:3], move)], [grip])

    def fail(self, draw: Draw) -> None:
        if grip := self._any_grip(draw):
            error = draw(sampled_from([InvalidInput("no"), TargetError("away")]))
            verdict = after_failure(error, Budget(grip.failures, grip.max_retries), DELAYS)
            failure = ending(
                *grip[:3], verdict.move, failed=True, delay=verdict.delay, error=verdict.error
            )
            self._settle([failure], [grip])

    def end_everything_at_once(self, draw: Draw) -> None:
        if grips := self.model.grips:
            move = draw(sampled_from([Move.SUCCEED, Move.RELEASE]))
            self._settle([ending(*grip[:3], move) for grip in grips], grips)

    # --- time, and the scheduler

    def time_comes(self, draw: Draw) -> None:
        if waiting := self.model.within(LATER):
            job = draw(sampled_from(waiting))
            self._turn("run_at = clock_timestamp() - interval '1 s'", "id = :it", job.id)
            self.model.turned(job.id, due=True)

    def a_worker_falls_silent(self, draw: Draw) -> None:
        worker = draw(sampled_from(WORKERS)).worker_id
        past = "lease_expires_at = clock_timestamp() - interval '1 s'"
        self._turn(past, "status = 'running' AND worker_id = :it", worker)
        for job in self.model.within([JobStatus.RUNNING]):
            if job.worker == worker:
                self.model.turned(job.id, silent=True)

    def promote(self, _draw: Draw) -> None:
        due = [job for job in self.model.within(LATER) if job.due]
        assert self.run(tend.promote(self.deps)) == len(due)
        for job in due:
            self.model.move(job.id, Move.PROMOTE)

    def rescue(self, _draw: Draw) -> None:
        silent = {job.id for job in self.model.within([JobStatus.RUNNING]) if job.silent}
        endings = self.run(self._rescue())
        assert {it.id for it in endings} == silent
        for it in endings:
            self.model.ended(it)

    def prune(self, draw: Draw) -> None:
        ended = self.model.within(FINAL)
        if ended:
            old = draw(sampled_from(ended)).id
            self._turn("finished_at = clock_timestamp() - interval '2 days'", "id = :it", old)
            del self.model.jobs[old]
        assert self._connected(prune_jobs, days=1, limit=100) == bool(ended)
        assert self._connected(prune_keys, limit=100) == 0

    def roll_up(self, draw: Draw) -> None:
        limit = draw(integers(1, 5))
        assert self._connected(roll_up, limit=limit) <= limit

    # --- how

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
        """Most often one that still holds."""
        grips = self.model.grips
        firm = [grip for grip in grips if self.model.holds(grip)]
        if firm and draw(integers(0, 3)):
            return draw(sampled_from(firm))
        return draw(sampled_from(grips)) if grips else None

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


PEOPLE = (
    World.submit, World.submit, World.submit_with_a_key, World.submit_many, World.cancel,
    World.retry, World.delete, World.ask_for_what_never_was,
)  # fmt: skip
CREW = (
    World.claim, World.claim, World.claim, World.claim_a_suspect, World.heartbeat, World.report,
    World.end, World.fail, World.fail, World.end_everything_at_once,
)  # fmt: skip
CLOCK = (
    World.a_worker_falls_silent, World.rescue, World.rescue, World.time_comes, World.promote,
    World.prune, World.roll_up,
)  # fmt: skip
