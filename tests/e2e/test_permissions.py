"""What a viewer may not do is in sight, says why, and is refused by the API all the same."""

from tests.e2e.conftest import order, signed_in, submit


async def test_a_viewer_sees_why_a_job_cannot_be_cancelled(stack, tabs, operator, tag):
    (job_id,) = await submit(operator, order(tag, delay_seconds=3_600))
    tab = await tabs("viewer")
    await tab.open(f"/jobs/{job_id}")

    button = tab.page.get_by_role("button", name="Cancel").first
    await button.wait_for()

    assert await button.is_disabled()
    assert "Your role, viewer, may not" in (await button.get_attribute("title") or "")
    async with signed_in(stack.urls[0], "viewer") as viewer:
        refused = await viewer.post(f"/jobs/{job_id}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_low")


async def test_an_operator_may(tabs, operator, tag):
    (job_id,) = await submit(operator, order(tag, delay_seconds=3_600))
    tab = await tabs("operator")
    await tab.open(f"/jobs/{job_id}")

    assert await tab.page.get_by_role("button", name="Cancel").first.is_enabled()
