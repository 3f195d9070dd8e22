"""Two releases of a job type side by side: no job fails because an upgrade is under way (R-92)."""

from typing import Any

import pytest

from support.make import claimer, order, person
from taskforge.core.states import JobStatus
from taskforge.core.why import BlockerKind
from taskforge.db.job_rows import get_row
from taskforge.flows import control, submit, tend
from taskforge.flows.attempt import Hold, run, take
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.flows.why import Explainer
from taskforge.handlers.base import Context, Payload, declared, job_type
from taskforge.handlers.registry import Registry, load

BY = person()


class NewerSay(Payload, frozen=True):
    """What the next release of `say` takes."""

    value: Any = None
    loud: bool = False


@job_type("say", NewerSay, title="Say")
async def newer_say(ask: NewerSay, _ctx: Context) -> Any:
    """Answers, loudly where it is asked to."""
    return str(ask.value).upper() if ask.loud else ask.value


@pytest.fixture(scope="module")
def newer():
    known = declared(newer_say)
    assert known
    return Registry({"say": known}, [])


@pytest.fixture
async def new_release(settings, newer):
    async with open_deps(settings, newer) as deps:
        yield Unit(deps, claimer(types=["say"]))


@pytest.fixture
async def old_release(settings):
    async with open_deps(settings, load(["jobs.plain"])) as deps:
        yield Unit(deps, claimer(types=["say"]))


async def submitted(unit):
    done = await submit.submit(unit.deps, order("say", {"value": "aha", "loud": True}), BY)
    return done.job.id


async def one_attempt(unit):
    (claimed,) = await take(unit, [], free=1)
    await run(unit, Hold(claimed, lease_until=float("inf"), freed=lambda _: None))


async def row(unit, job_id) -> Any:
    async with unit.deps.db.connect() as connection:
        return await get_row(connection, job_id)


async def time_passes(plain, unit, job_id, seconds=60):
    """The job is due again, and everything known of it is older."""
    past = f"interval '{seconds} s'"
    await plain.execute(f"UPDATE jobs SET run_at = run_at - {past} WHERE id = $1", job_id)
    await plain.execute(
        "UPDATE job_results SET error = jsonb_set(error, '{details,since}', to_jsonb("
        f"(error #>> '{{details,since}}')::timestamptz - {past})) WHERE job_id = $1",
        job_id,
    )
    assert await tend.promote(unit.deps) == 1


async def test_a_payload_of_the_next_release_waits_for_a_worker_that_takes_it(
    old_release, new_release, plain
):
    job_id = await submitted(new_release)

    await one_attempt(old_release)
    waiting = await row(old_release, job_id)
    await time_passes(plain, old_release, job_id)
    await one_attempt(new_release)

    assert (waiting.status, waiting.failures) == (JobStatus.RETRYING, 0)
    done = await row(new_release, job_id)
    assert (done.status, done.failures, done.attempt) == (JobStatus.SUCCESS, 0, 2)
    assert await plain.fetchval("SELECT result #>> '{}' FROM job_results") == "AHA"


async def test_meanwhile_it_says_why_it_waits(old_release, new_release):
    job_id = await submitted(new_release)
    await one_attempt(old_release)

    told = await Explainer(old_release.deps).why(job_id)

    assert told.blockers[0].kind is BlockerKind.NO_HANDLER
    assert "another release" in told.message


async def test_it_fails_once_no_worker_took_it_for_ten_minutes(old_release, new_release, plain):
    job_id = await submitted(new_release)
    await one_attempt(old_release)

    await time_passes(plain, old_release, job_id, seconds=600)
    await one_attempt(old_release)

    failed = await row(old_release, job_id)
    assert (failed.status, failed.failures, failed.error_class) == (
        JobStatus.FAILED, 1, "not_configured",
    )  # fmt: skip
    kinds = await plain.fetch(
        "SELECT error ->> 'kind' AS kind FROM job_attempts WHERE job_id = $1 ORDER BY number",
        job_id,
    )
    assert [it["kind"] for it in kinds] == ["no_handler", "no_handler"]


async def test_retried_by_hand_after_the_upgrade_it_succeeds(old_release, new_release, plain):
    job_id = await submitted(new_release)
    await one_attempt(old_release)
    await time_passes(plain, old_release, job_id, seconds=600)
    await one_attempt(old_release)

    await control.retry(new_release.deps, job_id, BY)
    await one_attempt(new_release)

    assert (await row(new_release, job_id)).status is JobStatus.SUCCESS


async def test_a_cancel_ends_it_while_it_is_passed_on(old_release, new_release):
    job_id = await submitted(new_release)
    await one_attempt(old_release)

    await control.cancel(old_release.deps, job_id, BY)

    assert (await row(old_release, job_id)).status is JobStatus.CANCELLED


async def test_a_type_that_a_worker_does_not_know_is_left_to_those_that_do(
    old_release, new_release, settings
):
    job_id = await submitted(new_release)
    async with open_deps(settings, load(["jobs.rough"])) as deps:
        strange = Unit(deps, claimer(types=sorted(deps.registry.types)))
        assert await take(strange, [job_id], free=1) == []

    assert (await row(new_release, job_id)).status is JobStatus.QUEUED
