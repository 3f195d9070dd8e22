"""A new installation: one press, and a job of each type runs to its end, with no network at all."""

import pytest

from support.waiting import eventually
from tests.e2e.conftest import open_stack, signed_in

TYPES = {"data_processing", "web_scraping", "ai_inference", "security_scan", "email"}


@pytest.fixture
async def empty(dashboard, make_database, tmp_path):
    async with open_stack(await make_database(), tmp_path) as stack:
        yield stack


@pytest.mark.chaos
async def test_the_demo_submits_a_job_of_each_type_and_all_succeed(empty, tabs):
    tab = await tabs(url=empty.urls[0])
    await tab.open("/")

    await tab.page.get_by_role("button", name="Run the demo").click()

    async with signed_in(empty.urls[0], "operator") as operator:

        async def all_succeeded():
            jobs = (await operator.get("/jobs")).json()["items"]
            return {it["type"] for it in jobs if it["status"] == "success"} >= TYPES

        await eventually(all_succeeded, within=120)
    await tab.page.goto(f"{tab.url}/jobs")
    succeeded = tab.page.locator("tr[data-id]").filter(has_text="Success")
    await succeeded.nth(len(TYPES) - 1).wait_for()
