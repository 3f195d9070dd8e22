"""Everything without the pointer."""

import pytest

from support.waiting import eventually
from tests.e2e.conftest import ended, order, submit
from tests.e2e.pages import PAGES

GO = {"/": "o", "/jobs": "j", "/queues": "q", "/workers": "w", "/schedules": "s", "/failures": "f",
      "/webhooks": "h", "/mailbox": "m"}  # fmt: skip


async def test_two_keys_go_to_each_page(tabs):
    tab = await tabs("admin")
    await tab.open("/submit")
    for path, key in GO.items():
        await tab.settle()
        await tab.page.wait_for_load_state("networkidle")  # as a person, who looks before the next
        await tab.page.keyboard.press("g")
        await tab.page.keyboard.press(key)
        await tab.page.get_by_role("heading", name=PAGES[path], level=1).wait_for()


async def test_no_key_acts_while_somebody_types(tabs):
    tab = await tabs()
    await tab.open("/jobs")
    await tab.page.keyboard.press("Control+k")
    await tab.page.get_by_role("dialog").wait_for()

    await tab.page.keyboard.type("gq?pt")

    assert tab.page.url.endswith("/jobs")
    assert await tab.page.get_by_role("dialog").count() == 1
    await tab.page.keyboard.press("Escape")
    await tab.page.get_by_role("dialog").wait_for(state="detached")
    await tab.page.get_by_role("button", name="Live").wait_for()


async def test_the_sheet_names_every_key_and_gives_the_focus_back(tabs):
    tab = await tabs()
    await tab.open("/jobs")
    pill = tab.page.get_by_role("button", name="Live")
    await pill.focus()

    await tab.page.keyboard.press("Shift+?")
    sheet = tab.page.get_by_role("dialog")
    await sheet.get_by_text("Search jobs").wait_for()
    await tab.page.keyboard.press("Escape")
    await sheet.wait_for(state="detached")

    assert await pill.evaluate("(it) => it === document.activeElement")


async def test_the_first_stop_of_the_tab_key_skips_to_the_content(tabs):
    tab = await tabs()
    await tab.open("/jobs")

    await tab.page.keyboard.press("Tab")
    assert await tab.page.evaluate("() => document.activeElement.textContent") == "Skip to content"
    await tab.page.keyboard.press("Enter")

    assert await tab.page.evaluate("() => document.activeElement.id") == "content"


@pytest.mark.chaos
async def test_a_failed_job_is_found_retried_and_seen_without_a_pointer(tabs, operator, tag):
    broken = order(tag, payload={"dataset": {"file": f"{tag}.csv"}, "operation": "profile"})
    (job_id,) = await submit(operator, broken)
    job = await ended(operator, job_id)
    assert job["status"] == "failed"
    tab = await tabs()
    await tab.open("/jobs")

    await tab.page.keyboard.press("/")
    await tab.page.keyboard.type(f"tag:{tag}")
    await tab.page.keyboard.press("Enter")
    await tab.page.locator(f'[data-id="{job_id}"]').get_by_text("Failed").wait_for()
    await tab.page.keyboard.press("Escape")
    for key in ("j", "Enter", "Enter"):
        await tab.page.keyboard.press(key)
    await tab.page.wait_for_url(f"**/jobs/{job_id}*")
    await tab.page.get_by_role("heading", level=1).wait_for()
    await tab.page.keyboard.press("r")

    async def tried_again():
        return (await ended(operator, job_id))["attempt"] == 2

    await eventually(tried_again, within=60)
