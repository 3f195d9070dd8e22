"""The address is the state: reload, back and forward, and a colleague who opens the same one."""

import asyncio
import re

STATUS = re.compile("^Cancelled")


async def pressed(tab):
    return await tab.page.locator("button[aria-pressed=true]").all_inner_texts()


async def test_a_filter_is_in_the_address_and_back_and_forward_restore_it(tabs):
    tab = await tabs()
    await tab.open("/jobs")
    toggle = tab.page.get_by_role("button", name=STATUS)

    await toggle.click()
    await tab.page.wait_for_url("**/jobs?*cancelled*")
    filtered = tab.page.url
    await tab.page.go_back()
    await tab.page.wait_for_url("**/jobs")
    assert not await pressed(tab)
    await tab.page.go_forward()
    await tab.page.wait_for_url(filtered)

    assert len(await pressed(tab)) == 1
    await tab.page.reload()
    await toggle.wait_for()
    assert await toggle.get_attribute("aria-pressed") == "true"


async def test_two_people_with_one_address_see_the_same(tabs):
    one, two = await tabs("operator"), await tabs("viewer")

    for tab in (one, two):
        await tab.open("/jobs?q=tag:first")
        await tab.page.locator("tr[data-id]").first.wait_for()

    rows = [await tab.page.locator("tr[data-id] a").all_inner_texts() for tab in (one, two)]
    assert rows[0] == rows[1]


async def test_an_address_that_means_nothing_is_put_right_or_explained(tabs):
    tab = await tabs()
    await tab.open("/jobs?status=nonsense&type=&q=")
    await tab.page.locator("tr[data-id]").first.wait_for()

    await tab.page.goto(f"{tab.url}/nowhere/at/all")

    await tab.page.locator("h1").first.wait_for()
    assert await tab.page.get_by_role("link", name="Jobs").count()


async def test_of_two_searches_the_later_one_wins_however_slow_the_first_is(tabs):
    tab = await tabs()
    await tab.open("/jobs")
    let_go = asyncio.Event()

    async def hold(route):
        if "nobody" in route.request.url:
            await let_go.wait()
        await route.continue_()

    await tab.page.route("**/api/v1/jobs?*", hold)
    box = tab.page.get_by_label("Search jobs")
    await box.fill("tag:nobody")
    await box.press("Enter")
    await box.fill("tag:first")
    await box.press("Enter")
    await tab.page.wait_for_url("**first*")
    let_go.set()

    await tab.page.locator("tr[data-id]").first.wait_for()
    await tab.page.unroute_all(behavior="ignoreErrors")
