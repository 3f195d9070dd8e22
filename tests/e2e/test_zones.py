"""One moment in several zones, across the night when a clock goes back."""

import pytest

from tests.e2e.conftest import order, submit

BEFORE, AFTER = "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"
"""Both half past two in Oslo: summer time ends between them."""


async def told(tab, job_id, at):
    """How a job's page tells this moment to people."""
    await tab.open(f"/jobs/{job_id}")
    moment = tab.page.locator(f'time[datetime^="{at[:16]}"]').first
    await moment.wait_for()
    return await moment.evaluate("(it) => it.title || it.textContent")


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Oslo",
        pytest.param("America/New_York", marks=pytest.mark.chaos),
        pytest.param("Asia/Kathmandu", marks=pytest.mark.chaos),
    ],
)
async def test_a_moment_is_told_in_the_viewers_zone_and_kept_in_utc(tabs, operator, tag, zone):
    ids = await submit(operator, *(order(tag, scheduled_at=at) for at in (BEFORE, AFTER)))
    tab = await tabs(timezone_id=zone)

    one, two = [await told(tab, it, at) for it, at in zip(ids, (BEFORE, AFTER), strict=True)]

    assert one != two, "two moments an hour apart look the same"
