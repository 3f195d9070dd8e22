"""A crawl as a worker runs it: checkpoints, memory and files in a real database and store."""

import pytest

from support.make import claimer, order, person
from taskforge.core.states import JobStatus
from taskforge.db.job_rows import get_row
from taskforge.db.jobs import job_detail
from taskforge.flows import submit
from taskforge.flows.attempt import Hold, run, take
from taskforge.flows.deps import open_deps
from taskforge.flows.unit import Unit
from taskforge.handlers.registry import load

SHOP = {
    "url": "https://demo.taskforge.test/products", "include": ["/products*"], "item": ".product",
    "selectors": {"name": "h3 a"}, "delay_ms": 0,
}  # fmt: skip


@pytest.fixture
async def unit(settings):
    types = load()
    async with open_deps(settings, types) as deps:
        yield Unit(deps, claimer(types=sorted(types.types)))


async def crawled(unit, payload):
    """The result of a job that has been run to its end."""
    done = await submit.submit(unit.deps, order("web_scraping", payload), person())
    (claimed,) = await take(unit, [done.job.id], free=1)
    await run(unit, Hold(claimed, lease_until=float("inf"), freed=lambda *_: None))
    async with unit.deps.db.connect() as connection:
        row = await get_row(connection, done.job.id)
        detail = await job_detail(connection, done.job.id)
    assert row
    assert detail
    assert row.status is JobStatus.SUCCESS, detail
    return detail


async def test_the_shop_is_crawled_twice_and_found_unchanged(unit):
    first = await crawled(unit, SHOP)
    second = await crawled(unit, SHOP)

    assert first.result["items"]["total"] == 30
    assert second.result["stats"]["unchanged"] == first.result["stats"]["fetched"]
    assert {artifact.name for artifact in second.artifacts} == {
        "pages.ndjson", "items.ndjson", "items.csv"
    }  # fmt: skip
