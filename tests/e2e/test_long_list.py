"""A list that is longer than anybody reads: what is in the page stays small."""

import pytest

from tests.e2e.conftest import ROWS, order, submit

PAINTED_MS = 1_500
PAINTED = """() => { const seen = new MutationObserver(() => {
    if (!document.querySelector('tr[data-id]')) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.__painted = performance.now(); }));
}); seen.observe(document, { childList: true, subtree: true }); }"""
"""When the first row has been drawn, in milliseconds from the start of the navigation."""
MOST_NODES = 3_000
LONG = 100_000
BATCH = 1_000
NODES = "() => document.querySelectorAll('*').length"


async def scroll(tab, key, times):
    """Press a key of the list so often; the most nodes that were there meanwhile."""
    most = 0
    for _ in range(times):
        await tab.page.keyboard.press(key)
        await tab.page.evaluate("() => new Promise(requestAnimationFrame)")
        most = max(most, await tab.page.evaluate(NODES))
    return most


async def test_only_the_rows_in_sight_are_there(tabs):
    tab = await tabs()
    await tab.open("/jobs?q=tag:first")
    row = tab.page.locator("tr[data-id]").first
    await row.wait_for()
    await row.focus()

    most = await scroll(tab, "End", 3)

    assert most <= MOST_NODES
    assert await tab.page.locator("tr[data-id]").count() < ROWS


@pytest.mark.chaos
async def test_a_list_of_100_000_jobs_is_read_to_a_far_place_and_back(tabs, operator, tag):
    one = order(tag, delay_seconds=86_400)
    for _ in range(LONG // BATCH):
        await submit(operator, *[one] * BATCH)
    tab = await tabs()
    await tab.open(f"/jobs?q=tag:{tag}")
    first = tab.page.locator("tr[data-id]").first
    await first.wait_for()
    top = await first.get_attribute("data-id")
    await first.focus()

    down = await scroll(tab, "End", 40)
    far = await tab.page.evaluate("() => document.activeElement.getAttribute('aria-rowindex')")
    up = await scroll(tab, "Home", 1)

    assert int(far) > 1_000
    assert max(down, up) <= MOST_NODES
    assert await tab.page.evaluate("() => document.activeElement.dataset.id") == top


@pytest.mark.chaos
async def test_the_first_rows_are_painted_within_a_second_and_a_half(tabs):
    tab = await tabs()
    await tab.page.add_init_script(f"({PAINTED})()")

    await tab.open("/jobs?q=tag:first")
    painted = await tab.page.wait_for_function("() => window.__painted")

    assert await painted.json_value() <= PAINTED_MS
