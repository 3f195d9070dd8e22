"""The development seed."""

import asyncio

import msgspec
import pytest

from taskforge.core.errors import Denied
from taskforge.core.people import Principal, Role
from taskforge.core.states import JobStatus
from taskforge.db import people
from taskforge.db.job_filters import JobFilters
from taskforge.db.job_lists import list_jobs
from taskforge.db.schedules import ScheduleFilters, list_schedules
from taskforge.flows import control
from taskforge.flows.deps import open_deps
from taskforge.flows.seed import SAMPLES, SCHEDULES, seed
from taskforge.handlers.registry import load


@pytest.fixture
async def deps(settings):
    async with open_deps(settings, load()) as deps:
        yield deps


async def jobs(deps):
    async with deps.db.connect() as connection:
        return (await list_jobs(connection, JobFilters(), after=None, limit=50)).items


async def listed(deps):
    async with deps.db.connect() as connection:
        found = await list_schedules(connection, ScheduleFilters(), after=None, limit=50)
    return found.items


async def test_an_empty_installation_gets_accounts_jobs_and_schedules(deps):
    seeded = await seed(deps)

    waiting = [job.status for job in await jobs(deps)]
    assert seeded.accounts == ["admin", "operator", "viewer"]
    assert seeded.jobs == len(SAMPLES) == len(waiting)
    assert waiting.count(JobStatus.SCHEDULED) == 1
    assert seeded.schedules == len(SCHEDULES)
    assert {it.name: it.paused for it in await listed(deps)} == {
        plan.name: reason is not None for plan, reason in SCHEDULES
    }


async def test_a_second_seed_makes_nothing(deps):
    await seed(deps)

    again = await seed(deps)

    assert (again.accounts, again.jobs, again.schedules) == ([], 0, 0)


async def test_seeds_at_the_same_time_make_everything_once(deps):
    both = await asyncio.gather(seed(deps), seed(deps))

    assert len(await jobs(deps)) == len(SAMPLES)
    assert len(await listed(deps)) == len(SCHEDULES) == sum(one.schedules for one in both)
    assert sorted(name for one in both for name in one.accounts) == ["admin", "operator", "viewer"]


async def test_deleted_samples_do_not_break_a_later_seed(deps):
    await seed(deps)
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, "operator")
    assert person is not None
    by = Principal(person.id, person.username, person.role)
    for job in await jobs(deps):
        await control.cancel(deps, job.id, by)
        await control.delete(deps, job.id, by)

    again = await seed(deps)

    assert again.accounts == []


async def test_the_account_of_the_settings_comes_first(settings):
    own = msgspec.structs.replace(
        settings, admin_username="root", admin_email="r@example.com", admin_password="p" * 12
    )
    async with open_deps(own, load()) as deps:
        seeded = await seed(deps)
        async with deps.db.connect() as connection:
            person = await people.find_by_name(connection, "root")

    assert seeded.accounts[0] == "root"
    assert person is not None
    assert person.role is Role.ADMIN


async def test_production_is_never_seeded(settings):
    production = msgspec.structs.replace(settings, environment="production")
    async with open_deps(production, load()) as deps:
        with pytest.raises(Denied, match="user create"):
            await seed(deps)

        async with deps.db.connect() as connection:
            assert await people.find_by_name(connection, "admin") is None
