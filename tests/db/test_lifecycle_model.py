"""T-55: whatever is done to jobs in whatever order, the database agrees with a small model.

Workers are no processes here but grips: a grip is what a worker believes to hold, and it is kept
for good. So every ending, heartbeat and report may be a late one: of a worker that was frozen,
whose lease ran out, or that took the same job again since.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

import pytest
import uvloop
from hypothesis import HealthCheck, strategies
from hypothesis import settings as profile
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from support.invariants import broken
from support.make import claimer, ending, order, person
from taskforge.core.errors import Conflict, Invalid, NotFound
from taskforge.core.failures import InvalidInput, TargetError
from taskforge.core.ids import new_id
from taskforge.core.people import Principal
from taskforge.core.priority import BY_RANK
from taskforge.core.retry import Budget, RetryPolicy, after_crash, after_failure
from taskforge.core.states import FINAL, MOVES, WAITING, JobStatus, Move
from taskforge.db import moves
from taskforge.db.claims import claim, claim_suspect, renew, save_progress
from taskforge.db.counts import job_counts, roll_up
from taskforge.db.engine import transaction
from taskforge.db.leases import lock_expired
from taskforge.db.prune import OWNED, prune_jobs, prune_keys
from taskforge.flows import control, submit, tend
from taskforge.flows.deps import Deps, open_deps
from taskforge.handlers.registry import load

CLEAN = ";".join(
    f"DELETE FROM {table}"  # noqa: S608 - names of ours
    for table in ("jobs", *OWNED, "job_deltas", "job_counts", "job_minutes", "idempotency_keys")
)
LOOK = text("""
SELECT id, status, attempt, failures, crashes, cycle, version,
       CASE status WHEN 'running' THEN worker_id END AS worker,
       cancel_requested_at IS NOT NULL AS cancel
FROM jobs
""")
DELAYS = RetryPolicy(base_seconds=3_600.0)
WORKERS = [claimer() for _ in range(3)]
LATER = 3_600.0


@dataclass(frozen=True)
class Job:
    """All that the model knows of a job; the fields are those of LOOK."""

    id: UUID
    status: JobStatus
    attempt: int = 0
    failures: int = 0
    crashes: int = 0
    cycle: int = 1
    version: int = 1
    worker: UUID | None = None
    cancel: bool = False

    def moved(self, status: JobStatus, **changes: Any) -> "Job":
        worker = changes.pop("worker", None)
        return replace(self, status=status, version=self.version + 1, worker=worker, **changes)


class Hidden(NamedTuple):
    """What decides about a job and is not compared."""

    max_retries: int
    rank: int
    due: bool
    expired: bool = False


class Grip(NamedTuple):
    """What a worker once claimed."""

    job_id: UUID
    attempt: int
    worker_id: UUID
    failures: int
    crashes: int


class Lifecycle(RuleBasedStateMachine):
    """Every rule does one thing to the system and the same to the model."""

    site: Any
    by: Principal

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.by = person()
        self.jobs: dict[UUID, Job] = {}
        self.hidden: dict[UUID, Hidden] = {}
        self.keys: dict[str, tuple[UUID, int]] = {}
        self.grips: list[Grip] = []
        self.do(self._open())

    def do(self, work: Any) -> Any:
        return self.runner.run(work)

    async def _open(self) -> None:
        self.entered = open_deps(self.site, load(["jobs.plain"]), by_key=True)
        self.deps: Deps = await self.entered.__aenter__()
        async with self.deps.db.connect() as connection:
            for statement in CLEAN.split(";"):
                await connection.execute(text(statement))

    def teardown(self) -> None:
        self.do(self.entered.__aexit__(None, None, None))
        self.runner.close()

    def connected(self, action: Any, *args: Any, **named: Any) -> Any:
        async def work() -> Any:
            async with self.deps.db.connect() as connection:
                return await action(connection, *args, **named)

        return self.do(work())

    # --- births

    @rule(
        retries=strategies.integers(0, 3),
        rank=strategies.integers(0, 3),
        later=strategies.booleans(),
    )
    def submit(self, retries, rank, later):
        asked = order(
            priority=BY_RANK[rank], max_retries=retries, delay_seconds=LATER if later else None
        )
        done = self.do(submit.submit(self.deps, asked, self.by))
        self._born(done.job.id, retries, rank, later)

    @rule(key=strategies.sampled_from("ab"), retries=strategies.integers(0, 1))
    def submit_with_a_key(self, key, retries):
        asked = order(max_retries=retries, idempotency_key=key)
        held = self.keys.get(key)
        try:
            done = self.do(submit.submit(self.deps, asked, self.by))
        except Invalid:
            assert held
            assert held[1] != retries
        except Conflict:
            assert held
            assert held[0] not in self.jobs
        else:
            assert done.fresh is (held is None)
            assert held is None or held == (done.job.id, retries)
            if done.fresh:
                self.keys[key] = (done.job.id, retries)
                self._born(done.job.id, retries, 2, later=False)

    @rule(n=strategies.integers(1, 4))
    def submit_many(self, n):
        asked = [order() for _ in range(n)]
        for it in self.do(submit.submit_many(self.deps, asked, self.by, atomic=False)):
            assert isinstance(it, submit.Submitted)
            self._born(it.job.id, 3, 2, later=False)

    def _born(self, job_id: UUID, retries: int, rank: int, later: bool) -> None:
        self.jobs[job_id] = Job(job_id, JobStatus.SCHEDULED if later else JobStatus.QUEUED)
        self.hidden[job_id] = Hidden(retries, rank, due=not later)

    # --- workers

    @rule(n=strategies.integers(0, 2), free=strategies.integers(1, 3), named=strategies.booleans())
    def claim(self, n, free, named):
        waiting = [j for j in self._in(JobStatus.QUEUED) if j.crashes < 2]
        ids = [waiting[-1].id] if waiting and named else []

        claimed = self.connected(claim, WORKERS[n], [*ids, new_id()], free=free)

        assert len(claimed) == min(free, len(waiting))
        assert {it.row.id for it in claimed} >= set(ids)
        self._started(claimed, n)

    @rule(n=strategies.integers(0, 2))
    def claim_a_suspect(self, n):
        suspects = [j for j in self._in(JobStatus.QUEUED) if j.crashes >= 2]

        taken = self.connected(claim_suspect, WORKERS[n])

        assert (taken is not None) is bool(suspects)
        self._started([taken] if taken else [], n)

    def _started(self, claimed: list[Any], n: int) -> None:
        for it in claimed:
            job = self.jobs[it.row.id]
            worker = WORKERS[n].worker_id
            now = job.moved(JobStatus.RUNNING, attempt=job.attempt + 1, worker=worker)
            self.jobs[job.id] = now
            self.hidden[job.id] = self.hidden[job.id]._replace(expired=False)
            assert (it.row.attempt, it.row.version) == (now.attempt, now.version)
            self.grips.append(Grip(job.id, now.attempt, worker, job.failures, job.crashes))

    @precondition(lambda self: self.grips)
    @rule(n=strategies.integers(0, 2))
    def heartbeat(self, n):
        worker = WORKERS[n]
        mine = [g for g in self.grips if g.worker_id == worker.worker_id]

        renewed = self.connected(renew, worker, [(g.job_id, g.attempt) for g in mine])

        holding = {(g.job_id, g.attempt) for g in mine if self._holds(g)}
        assert {(it.id, it.attempt) for it in renewed} == holding
        for it in renewed:
            assert it.cancel_requested is self.jobs[it.id].cancel
            self.hidden[it.id] = self.hidden[it.id]._replace(expired=False)

    @precondition(lambda self: self.grips)
    @rule(data=strategies.data())
    def report(self, data):
        grip = data.draw(strategies.sampled_from(self.grips))
        self.connected(save_progress, grip.worker_id, [(grip.job_id, grip.attempt, "{}")])

    @precondition(lambda self: self.grips)
    @rule(
        data=strategies.data(),
        move=strategies.sampled_from([Move.SUCCEED, Move.RELEASE, Move.STOP]),
    )
    def end(self, data, move):
        grip = data.draw(strategies.sampled_from(self.grips))
        self._settle([(grip, ending(*grip[:3], move))])

    @precondition(lambda self: self.grips)
    @rule(data=strategies.data(), permanent=strategies.booleans())
    def fail(self, data, permanent):
        grip = data.draw(strategies.sampled_from(self.grips))
        self._settle([(grip, self._failure(grip, permanent))])

    @precondition(lambda self: self.grips)
    @rule(move=strategies.sampled_from([Move.SUCCEED, Move.RELEASE]))
    def end_everything_at_once(self, move):
        self._settle([(grip, ending(*grip[:3], move)) for grip in self.grips])

    def _failure(self, grip: Grip, permanent: bool) -> moves.Ending:
        error = InvalidInput("no") if permanent else TargetError("down")
        retries = self.hidden[grip.job_id].max_retries if grip.job_id in self.hidden else 0
        verdict = after_failure(error, Budget(grip.failures, retries, grip.crashes), DELAYS)
        return ending(
            *grip[:3], verdict.move, failed=verdict.failed, delay=verdict.delay, error='{"a": 1}'
        )

    def _settle(self, endings: list[tuple[Grip, moves.Ending]]) -> None:
        holding = [(grip, it) for grip, it in endings if self._holds(grip)]
        done = self.connected(moves.settle, [it for _, it in endings])
        assert set(done) == {grip.job_id for grip, _ in holding}
        for _, it in holding:
            self._ended(it)

    def _ended(self, it: moves.Ending) -> None:
        job, target = self.jobs[it.id], MOVES[it.move].target
        if job.cancel and target is not JobStatus.SUCCESS:
            target = JobStatus.CANCELLED
        self.jobs[it.id] = job.moved(
            target, failures=job.failures + it.failed, crashes=job.crashes + it.crashed
        )
        if target is JobStatus.RETRYING:
            self.hidden[it.id] = self.hidden[it.id]._replace(due=False)

    # --- time and the scheduler

    @precondition(lambda self: self._in(JobStatus.SCHEDULED, JobStatus.RETRYING))
    @rule(data=strategies.data())
    def time_comes(self, data):
        waiting = self._in(JobStatus.SCHEDULED, JobStatus.RETRYING)
        job = data.draw(strategies.sampled_from(waiting))
        self._turn("run_at = clock_timestamp() - interval '1 s'", "id = :it", job.id)
        self.hidden[job.id] = self.hidden[job.id]._replace(due=True)

    @rule(n=strategies.integers(0, 2))
    def a_worker_falls_silent(self, n):
        worker = WORKERS[n].worker_id
        past = "lease_expires_at = clock_timestamp() - interval '1 s'"
        self._turn(past, "status = 'running' AND worker_id = :it", worker)
        for job in self._in(JobStatus.RUNNING):
            if job.worker == worker:
                self.hidden[job.id] = self.hidden[job.id]._replace(expired=True)

    def _turn(self, change: str, which: str, it: UUID) -> None:
        async def turn(connection: Any) -> None:
            await connection.execute(text(f"UPDATE jobs SET {change} WHERE {which}"), {"it": it})  # noqa: S608 - words of ours

        self.connected(turn)

    @rule()
    def promote(self):
        due = [
            job
            for job in self._in(JobStatus.SCHEDULED, JobStatus.RETRYING)
            if self.hidden[job.id].due
        ]
        assert self.do(tend.promote(self.deps)) == len(due)
        for job in due:
            self.jobs[job.id] = job.moved(JobStatus.QUEUED)

    @rule()
    def rescue(self):
        silent = {j.id for j in self._in(JobStatus.RUNNING) if self.hidden[j.id].expired}
        done, endings = self.do(self._rescue())
        assert done == silent
        for it in endings:
            self._ended(it)

    async def _rescue(self) -> tuple[set[UUID], list[moves.Ending]]:
        async with transaction(self.deps.db) as connection:
            expired = await lock_expired(connection, limit=100)
            if not expired:
                return set(), []
            endings: list[moves.Ending] = []
            for it in expired:
                verdict = after_crash(it.budget)
                endings.append(
                    ending(
                        it.id, it.attempt, it.worker_id, verdict.move,
                        failed=verdict.failed, crashed=verdict.crashed, delay=verdict.delay,
                    )
                )  # fmt: skip
            return set(await moves.settle(connection, endings)), endings

    @rule(data=strategies.data())
    def prune(self, data):
        ended = self._in(*FINAL)
        if ended:
            old = data.draw(strategies.sampled_from(ended))
            self._turn("finished_at = clock_timestamp() - interval '2 days'", "id = :it", old.id)
            self._gone(old.id)
        assert self.connected(prune_jobs, days=1, limit=100) == bool(ended)
        assert self.connected(prune_keys, limit=100) == 0

    @rule(limit=strategies.integers(1, 5))
    def roll_up(self, limit):
        assert self.connected(roll_up, limit=limit) <= limit

    # --- people

    @precondition(lambda self: self.jobs)
    @rule(data=strategies.data())
    def cancel(self, data):
        job = data.draw(strategies.sampled_from(list(self.jobs.values())))
        try:
            row = self.do(control.cancel(self.deps, job.id, self.by))
        except Conflict:
            assert job.status in FINAL
            return
        if job.status in WAITING:
            self.jobs[job.id] = job.moved(JobStatus.CANCELLED, cancel=True)
        elif not job.cancel:
            self.jobs[job.id] = job.moved(JobStatus.RUNNING, cancel=True, worker=job.worker)
        assert row.version == self.jobs[job.id].version

    @precondition(lambda self: self.jobs)
    @rule(data=strategies.data())
    def retry(self, data):
        job = data.draw(strategies.sampled_from(list(self.jobs.values())))
        try:
            self.do(control.retry(self.deps, job.id, self.by))
        except Conflict:
            assert job.status not in MOVES[Move.REVIVE].sources
        else:
            assert job.status in MOVES[Move.REVIVE].sources
            self.jobs[job.id] = job.moved(
                JobStatus.QUEUED, failures=0, crashes=0, cancel=False, cycle=job.cycle + 1
            )

    @precondition(lambda self: self.jobs)
    @rule(data=strategies.data())
    def delete(self, data):
        job = data.draw(strategies.sampled_from(list(self.jobs.values())))
        try:
            self.do(control.delete(self.deps, job.id, self.by))
        except Conflict:
            assert job.status not in FINAL
        else:
            assert job.status in FINAL
            self._gone(job.id)

    @rule()
    def ask_for_what_never_was(self):
        for action in (control.cancel, control.retry, control.delete):
            with pytest.raises(NotFound):
                self.do(action(self.deps, new_id(), self.by))

    # --- what must hold

    @invariant()
    def the_database_agrees_with_the_model(self):
        async def look(connection: Any) -> tuple[list[Any], dict[str, int], Any]:
            rows = (await connection.execute(LOOK)).mappings().all()
            return rows, await broken(connection), await job_counts(connection)

        rows, faults, counts = self.connected(look)
        assert {row["id"]: Job(**row) for row in rows} == self.jobs
        assert faults == {}
        assert counts.total == len(self.jobs)
        assert {s: n for s, n in counts.by_status.items() if n} == self._tally()

    def _tally(self) -> dict[JobStatus, int]:
        found = [job.status for job in self.jobs.values()]
        return {status: found.count(status) for status in found}

    def _in(self, *statuses: JobStatus) -> list[Job]:
        return [job for job in self.jobs.values() if job.status in statuses]

    def _holds(self, grip: Grip) -> bool:
        job = self.jobs.get(grip.job_id)
        return bool(job) and (job.attempt, job.worker) == (grip.attempt, grip.worker_id)

    def _gone(self, job_id: UUID) -> None:
        del self.jobs[job_id], self.hidden[job_id]


def check(site, **chosen) -> None:
    machine = type("Lifecycle", (Lifecycle,), {"site": site})
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine, settings=profile(deadline=None, suppress_health_check=slow, **chosen)
    )


def test_whatever_happens_to_jobs_the_database_agrees_with_the_model(settings):
    check(settings, max_examples=12, stateful_step_count=50, derandomize=True)


@pytest.mark.chaos
def test_the_model_holds_over_many_lives(settings):
    check(settings, max_examples=400, stateful_step_count=80)
