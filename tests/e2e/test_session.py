"""Signing in and out, and sessions that end while somebody looks."""

from taskforge.core.people import Role
from tests.e2e.conftest import PASSWORD, add_account, signed_in


async def fill(page, name, password):
    await page.get_by_label("User name or e-mail").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_person_signs_in_and_a_wrong_password_is_told_of(tabs):
    tab = await tabs(None)
    await tab.open("/jobs")

    await fill(tab.page, "viewer", "not this one")
    await tab.page.get_by_role("alert").wait_for()
    await fill(tab.page, "viewer", PASSWORD)

    await tab.page.get_by_role("heading", name="Jobs", level=1).wait_for()
    assert tab.page.url.endswith("/jobs")


async def test_a_reload_keeps_the_session_and_no_script_can_read_it(tabs):
    tab = await tabs("operator")
    await tab.open("/jobs")
    await tab.page.reload()

    await tab.page.get_by_role("heading", name="Jobs", level=1).wait_for()
    kept = await tab.page.evaluate("() => document.cookie + JSON.stringify({...localStorage})")
    assert "refresh" not in kept
    assert "eyJ" not in kept


async def test_who_signs_out_in_one_tab_is_out_in_all(stack, tabs, tag):
    await add_account(stack.deps, tag, Role.VIEWER)
    tab = await tabs(tag)
    await tab.open("/jobs")
    other = await tab.page.context.new_page()
    await other.goto(f"{tab.url}/queues")
    await other.get_by_role("heading", name="Queues", level=1).wait_for()

    await other.get_by_role("button", name=tag).click()
    await other.get_by_role("menuitem", name="Sign out").click()

    for page in (other, tab.page):
        await page.get_by_role("heading", name="Sign in").wait_for()
    await tab.page.reload()
    await tab.page.get_by_role("heading", name="Sign in").wait_for()


async def test_a_session_that_is_ended_from_elsewhere_ends_here_with_a_reason(stack, tabs, tag):
    await add_account(stack.deps, tag, Role.VIEWER)
    tab = await tabs(tag)
    await tab.open("/jobs")
    await tab.page.get_by_text("Live", exact=False).first.wait_for()

    async with signed_in(stack.urls[1], tag) as elsewhere:
        listed = (await elsewhere.get("/auth/sessions")).json()["items"]
        for it in listed:
            if not it["current"]:
                ended = await elsewhere.delete(f"/auth/sessions/{it['id']}")
                assert ended.is_success

    await tab.page.get_by_text("Your session has ended").wait_for()
    assert tab.page.url.endswith("/jobs")
    # A socket that knocked with the session just before it ended was refused, which browsers tell.
    tab.faults[:] = [it for it in tab.faults if "WebSocket connection to" not in it]
