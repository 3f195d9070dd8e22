"""What it takes to tell why a job waits."""

import msgspec
import pytest

from support.make import order, person
from taskforge.core.errors import NotFound
from taskforge.core.fleet import WorkerFacts, WorkerStatus
from taskforge.core.ids import new_id
from taskforge.core.why import BlockerKind
from taskforge.db.claims import Claimer, claim
from taskforge.db.roster import Member, beat
from taskforge.flows import submit
from taskforge.flows.deps import open_deps
from taskforge.flows.why import Explainer
from taskforge.handlers.registry import load

WORKER = Claimer(new_id(), [0, 1, 2, 3], ["narrow"], 30.0)


async def submitted(deps):
    done = await submit.submit(deps, order("narrow", {"seconds": 1.0}), person())
    return done.job.id


async def test_a_job_that_is_not_there_is_not_found(deps):
    with pytest.raises(NotFound):
        await Explainer(deps).why(new_id())


async def test_without_redis_the_answer_is_the_same(settings):
    away = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    async with open_deps(away, load(["jobs.plain"])) as deps:
        told = await Explainer(deps).why(await submitted(deps))

    assert [it.kind for it in told.blockers] == [BlockerKind.NO_WORKER]


async def test_a_type_that_a_worker_runs_few_of_is_known_from_the_registry(deps):
    queues = ["critical", "high", "default", "low"]
    member = Member(WORKER.worker_id, "one", 1, "0.1.0", queues, WORKER.types, 16)
    async with deps.db.connect() as connection:
        await beat(connection, member, status=WorkerStatus.ONLINE, facts=WorkerFacts())
        for _ in range(2):
            await submitted(deps)
        assert len(await claim(connection, WORKER, [], free=2)) == 2

    (full,) = (await Explainer(deps).why(await submitted(deps))).blockers

    assert (full.kind, full.limit, full.running) == (BlockerKind.WORKER_TYPE_LIMIT, 2, 2)
    assert full.workers == [WORKER.worker_id]
