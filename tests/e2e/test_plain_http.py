"""Over plain HTTP from another machine a browser has no clipboard and no `randomUUID`."""

from support.browser import PLAIN
from tests.e2e.conftest import PASSWORD, order, submit


async def test_an_id_is_copied_over_plain_http(stack, tabs, operator, tag):
    (job_id,) = await submit(operator, order(tag, delay_seconds=3_600))
    port = stack.urls[0].rpartition(":")[2]
    tab = await tabs(None, url=f"http://{PLAIN}:{port}")
    await tab.open(f"/jobs?q=tag:{tag}")
    await tab.page.get_by_label("User name or e-mail").fill("operator")
    await tab.page.get_by_label("Password").fill(PASSWORD)
    await tab.page.get_by_role("button", name="Sign in").click()
    assert not await tab.page.evaluate("() => isSecureContext")

    await tab.page.locator(f'[data-id="{job_id}"]').get_by_role("link").click()
    await tab.page.get_by_role("button", name="Copy the id").click()
    box = tab.page.get_by_label("Search jobs")
    await box.fill("")
    await box.press("Control+v")

    assert await box.input_value() == job_id
    # Chromium tells, as an error, that such an address gets no origin of its own.
    tab.faults[:] = [it for it in tab.faults if "Cross-Origin-Opener-Policy" not in it]
