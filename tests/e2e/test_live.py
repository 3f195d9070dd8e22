"""The list while things happen: pushed, resumed after a restart, held still on request."""

import re
import signal
import time

import pytest

from tests.e2e.conftest import order, submit

LATER = {"delay_seconds": 3_600}
VISIBLE_SECONDS = 0.3
FRESH = re.compile(r"\d\+?\s*new")


def row(tab, job_id):
    return tab.page.locator(f'[data-id="{job_id}"]')


async def live(tab):
    await tab.page.get_by_role("button", name="Live").wait_for()


async def test_what_the_api_changes_is_seen_without_a_reload(tabs, operator, tag):
    job_id, _ = await submit(operator, order(tag, **LATER), order(tag, **LATER))
    tab = await tabs()
    await tab.open(f"/jobs?q=tag:{tag}")
    await live(tab)
    await row(tab, job_id).get_by_text("Scheduled").wait_for()

    assert (await operator.post(f"/jobs/{job_id}/cancel")).is_success

    await row(tab, job_id).get_by_text("Cancelled").wait_for()


async def test_a_new_job_is_announced_or_appears_at_the_top(tabs, operator, tag):
    await submit(operator, order(tag, **LATER))
    tab = await tabs()
    await tab.open(f"/jobs?q=tag:{tag}")
    await live(tab)

    (job_id,) = await submit(operator, order(tag, **LATER))
    fresh = tab.page.get_by_role("button", name=FRESH)
    await row(tab, job_id).or_(fresh).first.wait_for()
    if await fresh.count():
        await fresh.click()

    await row(tab, job_id).wait_for()
    assert await row(tab, job_id).count() == 1


async def test_a_restart_of_the_api_loses_nothing_and_shows_nothing_twice(
    stack, tabs, operator, tag
):
    away = stack.urls[1]
    ids = await submit(operator, *(order(tag, **LATER) for _ in range(3)))
    tab = await tabs(url=away)
    await tab.open(f"/jobs?q=tag:{tag}")
    await live(tab)

    await stack.stop_api(away, signal.SIGKILL)
    await (
        tab.page.get_by_role("button", name="Reconnecting")
        .or_(tab.page.get_by_role("button", name="Connecting"))
        .first.wait_for()
    )
    assert (await operator.post(f"/jobs/{ids[0]}/cancel")).is_success
    await stack.start_api(away)

    await live(tab)
    await row(tab, ids[0]).get_by_text("Cancelled").wait_for()
    shown = await tab.page.locator("tr[data-id]").evaluate_all(
        "(rows) => rows.map((it) => it.dataset.id)"
    )
    assert sorted(shown) == sorted(ids)
    tab.faults[:] = [it for it in tab.faults if "WebSocket connection" not in it]


async def test_a_page_that_is_held_still_does_not_move_until_it_is_let_go(tabs, operator, tag):
    (job_id,) = await submit(operator, order(tag, **LATER))
    tab = await tabs()
    await tab.open(f"/jobs?q=tag:{tag}")
    await live(tab)

    await tab.page.keyboard.press("p")
    assert (await operator.post(f"/jobs/{job_id}/cancel")).is_success
    await tab.page.get_by_role("button", name="Paused (").wait_for()

    assert await row(tab, job_id).get_by_text("Scheduled").count() == 1
    await tab.page.keyboard.press("p")
    await row(tab, job_id).get_by_text("Cancelled").wait_for()


@pytest.mark.chaos
async def test_a_change_is_visible_within_300_ms(tabs, operator, tag):
    ids = await submit(operator, *(order(tag, **LATER) for _ in range(9)))
    tab = await tabs()
    await tab.open(f"/jobs?q=tag:{tag}")
    await live(tab)
    await row(tab, ids[0]).wait_for()

    seen = []
    for job_id in ids:
        assert (await operator.post(f"/jobs/{job_id}/cancel")).is_success
        answered = time.monotonic()
        await row(tab, job_id).get_by_text("Cancelled").wait_for()
        seen.append(time.monotonic() - answered)

    assert sorted(seen)[len(seen) // 2] <= VISIBLE_SECONDS
