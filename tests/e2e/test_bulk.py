"""One deed on more jobs than a page has, after its number was seen."""

import re

import pytest

from support.waiting import eventually
from tests.e2e.conftest import order, submit

MANY = 150
EVERYTHING = re.compile(r"Choose (?:all|everything)")


@pytest.mark.chaos
async def test_all_that_match_are_cancelled_after_their_number_was_confirmed(tabs, operator, tag):
    await submit(operator, *(order(tag, delay_seconds=86_400) for _ in range(MANY)))
    tab = await tabs("admin")
    await tab.open(f"/jobs?q=tag:{tag}")
    await tab.page.locator("tr[data-id]").first.wait_for()

    await tab.page.get_by_label("Choose all rows shown").click()
    chosen = tab.page.get_by_role("region", name="Chosen jobs")
    await chosen.get_by_role("button", name=EVERYTHING).click()
    await chosen.get_by_role("button", name="Cancel", exact=True).click()
    dialog = tab.page.get_by_role("dialog").or_(tab.page.get_by_role("alertdialog")).first
    await dialog.get_by_text(str(MANY)).first.wait_for()
    await dialog.get_by_role("button", name="Cancel jobs").click()

    async def all_cancelled():
        query = {"q": f"tag:{tag} -status:cancelled", "limit": 1}
        return not (await operator.get("/jobs", params=query)).json()["items"]

    await eventually(all_cancelled, within=30)
