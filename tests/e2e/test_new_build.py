"""A tab that stayed open while the dashboard was built anew: the code it would load is gone."""

import re

CODE = re.compile(r"/assets/queues-page-.*\.js")


async def go_to_queues(page):
    await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Queues").click()


async def test_a_tab_of_an_older_build_loads_itself_anew_once_and_then_says_why(tabs):
    tab = await tabs()
    await tab.open("/jobs")
    loads = []
    tab.page.on("domcontentloaded", lambda page: loads.append(page.url))
    await tab.page.route(CODE, lambda route: route.fulfill(status=404))

    await go_to_queues(tab.page)
    await tab.page.get_by_role("heading", name="A new version is here").wait_for()
    assert loads == [f"{tab.url}/queues"]
    await tab.page.unroute(CODE)
    await tab.page.get_by_role("button", name="Reload").click()

    await tab.page.get_by_role("heading", name="Queues", level=1).wait_for()
    tab.faults[:] = [it for it in tab.faults if "dynamically imported module" not in it]


async def test_a_page_that_does_not_come_because_the_server_is_away_says_so(tabs):
    tab = await tabs()
    await tab.open("/jobs")
    await tab.page.route(CODE, lambda route: route.abort())
    await tab.page.route(f"{tab.url}/", lambda route: route.abort())

    await go_to_queues(tab.page)

    await tab.page.get_by_role("heading", name="The page did not come").wait_for()
    tab.faults[:] = [it for it in tab.faults if "does not answer now" not in it]
