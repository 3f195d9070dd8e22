"""Every page in every dress: what axe finds, and whether it fits."""

import re

import pytest

from tests.e2e.conftest import ended, order, submit
from tests.e2e.pages import PAGES, TABS

PHONE = {"width": 390, "height": 844}
ZOOMED = {"width": 720, "height": 450}
"""1440 x 900 at 200 %: what is left in CSS pixels."""
DRESSES = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
    "zoomed": {"viewport": ZOOMED},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
    "phone-dark": {"viewport": PHONE, "color_scheme": "dark", "reduced_motion": "reduce"},
}
WIDER = """() => document.documentElement.scrollWidth > window.innerWidth
    && document.documentElement.scrollWidth"""
HEADINGS = "() => [...document.querySelectorAll('h1')].map((it) => it.textContent)"
FILLED = {
    "/jobs?q=tag:nobody-has-this": "Jobs",
    "/submit?type=data_processing": "Submit a job",
    "/submit?type=security_scan": "Submit a job",
    "/operations": "Bulk operations",
    "/settings/sessions": "Settings",
    "/settings/keys": "Settings",
    "/settings/users": "Settings",
    "/settings/audit": "Settings",
    "/settings/system": "Settings",
}
"""More than the bare pages show: nothing found, a form, and what lies below a page."""


def dresses(*at_once):
    """The suite looks at these, `just e2e` at all."""
    return pytest.mark.parametrize(
        "dress",
        [
            name if name in at_once else pytest.param(name, marks=pytest.mark.chaos)
            for name in DRESSES
        ],
    )


async def look(tab, dress, address):
    """What is wrong with the page that is open, and the headings that name it."""
    await tab.settle()
    await tab.shot(f"{dress}{re.sub('[^a-z]+', '-', address)}")
    faults = await tab.axe()
    if wide := await tab.page.evaluate(WIDER):
        faults.append(f"scrolls sideways: {wide} px")
    return faults, await tab.page.evaluate(HEADINGS)


@dresses("light", "phone-dark")
async def test_every_page_can_be_used_by_everybody(tabs, dress):
    """Each loaded by its address in light, and reached from the one before in other dresses."""
    tab = await tabs("admin", **DRESSES[dress])
    await tab.open("/jobs")
    found = {}
    for address, title in (PAGES | FILLED).items():
        await (tab.open(address) if dress == "light" else tab.go(address))
        faults, headings = await look(tab, dress, address)
        if faults or headings != [title]:
            found[address] = [*faults, headings]

    assert not found, "\n".join(f"{path}: {it}" for path, faults in found.items() for it in faults)


@dresses("phone-dark")
async def test_every_part_of_a_job_can_be_used_by_everybody(tabs, operator, tag, dress):
    broken = order(tag, payload={"dataset": {"file": f"{tag}.csv"}, "operation": "profile"})
    good, bad, later = await submit(operator, order(tag), broken, order(tag, delay_seconds=3_600))
    for job_id in (good, bad):
        await ended(operator, job_id)
    tab = await tabs("operator", **DRESSES[dress])
    await tab.open("/jobs")
    found = {}
    views = [
        *(f"/jobs/{good}?tab={name}" for name in TABS),
        *(f"/jobs/{it}" for it in (bad, later)),
        f"/jobs?q=tag:{tag}&job={bad}",
    ]
    for address in views:
        await tab.go(address)
        faults, headings = await look(tab, dress, address)
        if faults or len(headings) != 1:
            found[address.replace(good, "good")] = [*faults, headings]

    assert not found, "\n".join(f"{path}: {it}" for path, faults in found.items() for it in faults)
