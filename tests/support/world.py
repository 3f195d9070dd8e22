"""The same things done to the real system and to the model; every action checks its own answer.

An action takes `draw`, which chooses from a strategy: the chooser is Hypothesis.
"""

import pytest
from hypothesis.strategies import booleans, integers, sampled_from

from support.ground import DELAYS, FEW, HOUR, LATER, WORKERS, Draw, Ground
from support.make import TYPE, ending, order
from taskforge.core.errors import Conflict, Invalid, NotFound
from taskforge.core.failures import InvalidInput, TargetError
from taskforge.core.ids import new_id
from taskforge.core.priority import Priority
from taskforge.core.retry import Budget, after_failure
from taskforge.core.states import FINAL, WAITING, JobStatus, Move, allows
from taskforge.db.claims import Claimed, claim, claim_suspect, renew, save_progress
from taskforge.db.counts import roll_up
from taskforge.db.prune import prune_jobs, prune_keys
from taskforge.flows import control, limits, submit, tend


class World(Ground):
    """What can happen; each rule draws its particulars."""

    def submit(self, draw: Draw) -> None:
        if len(self.model.jobs) >= FEW:
            return self.cancel(draw)
        retries, later = draw(integers(0, 3)), draw(booleans())
        priority = draw(sampled_from(Priority))
        asked = order(
            priority=priority,
            max_retries=retries,
            delay_seconds=HOUR if later else None,
        )
        done = self.run(submit.submit(self.deps, asked, self.by))
        return self.model.born(done.job.id, retries, later=later, priority=priority.rank)

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

    def reprioritise(self, draw: Draw) -> None:
        if job := self._any_job(draw):
            priority = draw(sampled_from(Priority))
            try:
                row = self.run(control.reprioritise(self.deps, job.id, priority, self.by))
            except Conflict:
                assert job.status not in WAITING
            else:
                assert job.status in WAITING
                self.model.reprioritised(job.id, priority.rank)
                assert row.version == self.model.jobs[job.id].version

    def ask_for_what_never_was(self, draw: Draw) -> None:
        action = draw(sampled_from([control.cancel, control.retry, control.delete]))
        with pytest.raises(NotFound):
            self.run(action(self.deps, new_id(), self.by))

    def limit(self, draw: Draw) -> None:
        most = draw(sampled_from([None, None, 0, 1, 2]))
        priority = draw(sampled_from([None, *Priority]))
        if priority:
            self.run(limits.limit_queue(self.deps, priority.queue, self.by, most))
        else:
            shown = self.deps.registry.descriptions[TYPE]
            self.run(limits.limit_type(self.deps, shown, self.by, most))
        rank = priority.rank if priority else None
        self.model.limits.pop(rank, None)
        if most is not None:
            self.model.limits[rank] = most

    # --- workers

    def claim(self, draw: Draw) -> None:
        worker, free = draw(sampled_from(WORKERS)), draw(integers(1, 3))
        waiting = [job for job in self.model.within([JobStatus.QUEUED]) if job.crashes < 2]
        named = [draw(sampled_from(waiting)).id] if waiting and draw(booleans()) else []

        owed = {draw(sampled_from(Priority)): 1} if draw(booleans()) else {}
        expected = min(free, self.model.may_start(waiting))

        claimed: list[Claimed] = []
        more = True
        while more and len(claimed) < free:
            ids, left = [*named, new_id()], free - len(claimed)
            found = self._connected(claim, worker, ids, free=left, owed=owed)
            claimed += found
            more = any(it.more for it in found)

        assert len(claimed) == expected
        if not self.model.limits and not owed:
            assert {it.row.id for it in claimed} >= set(named)
        self._started(claimed, worker.worker_id)

    def claim_a_suspect(self, draw: Draw) -> None:
        worker = draw(sampled_from(WORKERS))
        suspects = [job for job in self.model.within([JobStatus.QUEUED]) if job.crashes >= 2]

        taken = self._connected(claim_suspect, worker)

        assert (taken is not None) is (self.model.may_start(suspects) > 0)
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

    def take_again(self, draw: Draw) -> None:
        """A job is handed back, and its worker takes it once more: the first grip is void."""
        firm = [grip for grip in self.model.grips if self.model.holds(grip)]
        if firm:
            grip = draw(sampled_from(firm))
            handed_back = ending(grip.job_id, grip.attempt, grip.worker_id, Move.RELEASE)
            self._settle([handed_back], [grip])
            worker = next(it for it in WORKERS if it.worker_id == grip.worker_id)
            claimed = self._connected(claim, worker, [grip.job_id], free=1)
            self._started(claimed, worker.worker_id)

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
        assert len(self._connected(prune_jobs, days=dict.fromkeys(FINAL, 1.0), limit=100)) == bool(
            ended
        )
        assert self._connected(prune_keys, limit=100) == 0

    def roll_up(self, draw: Draw) -> None:
        limit = draw(integers(1, 5))
        assert self._connected(roll_up, limit=limit) <= limit

    # --- how


PEOPLE = (
    World.submit, World.submit, World.submit_with_a_key, World.submit_many, World.cancel,
    World.retry, World.delete, World.reprioritise, World.ask_for_what_never_was, World.limit,
)  # fmt: skip
CREW = (
    World.claim, World.claim, World.claim, World.claim_a_suspect, World.heartbeat, World.report,
    World.end, World.fail, World.fail, World.take_again, World.end_everything_at_once,
)  # fmt: skip
CLOCK = (
    World.a_worker_falls_silent, World.rescue, World.rescue, World.time_comes, World.promote,
    World.prune, World.roll_up,
)  # fmt: skip
