"""Nothing that came from outside runs, not as text and not in a mail (T-68, S-41, S-42)."""

import pytest

from support.hostile import hostile
from taskforge.api.dashboard import CSP
from tests.e2e.conftest import ended, order, submit
from tests.e2e.pages import PAGES, TABS

STRINGS = hostile()
HELD = 25
"""Strings in one job."""
RAN = "() => window.__ran"
SINS = {
    "handler": "const it = document.createElement('img'); document.body.append(it);"
    " it.setAttribute('onerror', 'window.__ran.push(1)'); it.src = '/nowhere.png';",
    "markup": "document.body.innerHTML = '<img src=x onerror=window.__ran.push(1)>';",
    "style": "const it = document.createElement('style'); it.textContent = 'b { color: red }';"
    " document.head.append(it);",
    "elsewhere": "new Image().src = 'https://example.com/seen.png';",
}
"""What a page of ours never does, and what its policy says to it."""
MAIL = "<style>b { color: rgb(1, 2, 3) }</style><b>Good morning</b>"


def profile_of(rows):
    return {"dataset": {"inline": rows}, "operation": "profile"}


def holding(tag, strings):
    """A job with the strings in its payload and in its result."""
    return order(tag, payload=profile_of([{"note": it} for it in strings]))


def elsewhere(tag, strings):
    """Jobs with some of them as names, in an error, and as a key."""
    return [
        order(tag, payload=profile_of([{it: n} for n, it in enumerate(strings)])),
        *(order(tag, payload={"dataset": {"file": it[:80]}, "operation": "profile"})
          for it in strings[:2]),
        order(tag, idempotency_key=f"{tag}-{strings[0][:100]}"),
    ]  # fmt: skip


async def refused_or_made(client, *orders):
    """What the API takes of them: its own door may be shut to some."""
    answer = await client.post("/jobs/bulk", json={"jobs": orders})
    assert answer.status_code == 200, answer.text
    return [it["job"]["id"] for it in answer.json()["items"] if it.get("job")]


def test_there_are_200_strings_and_no_two_are_the_same():
    assert len(set(STRINGS)) == len(STRINGS) == 200


async def test_the_page_comes_with_the_policy_that_the_api_says(tabs):
    tab = await tabs(None)
    answer = await tab.page.goto(f"{tab.url}/jobs")

    assert answer
    assert await answer.header_value("content-security-policy") == CSP


@pytest.mark.parametrize("deed", SINS)
async def test_the_policy_stops_what_should_never_have_been_there(tabs, until, deed):
    tab = await tabs(None)
    await tab.open("/jobs")

    await tab.page.evaluate(f"() => {{ try {{ {SINS[deed]} }} catch {{ /* as it should */ }} }}")
    await until(lambda: any(it.startswith("policy: ") for it in tab.faults))

    assert await tab.page.evaluate(RAN) == []
    tab.faults.clear()


@pytest.mark.parametrize(
    "at",
    [0, *(pytest.param(n, marks=pytest.mark.chaos) for n in range(HELD, len(STRINGS), HELD))],
)
async def test_hostile_strings_are_text_on_the_page_of_their_job(tabs, operator, tag, at):
    strings = STRINGS[at : at + HELD]
    made = await submit(operator, holding(tag, strings))
    made += await refused_or_made(operator, *elsewhere(tag, strings))
    for job_id in made:
        await ended(operator, job_id)
    tab = await tabs()

    await tab.open(f"/jobs?q=tag:{tag}")
    await tab.settle()
    for job_id in made:
        for name in TABS if job_id == made[0] else TABS[:1]:
            await tab.go(f"/jobs/{job_id}?tab={name}")
            await tab.settle()
            assert await tab.page.evaluate(RAN) == []


async def test_hostile_names_are_text_on_every_other_page(tabs, operator, stack, tag):
    for number, it in enumerate(STRINGS[:: len(STRINGS) // 8]):
        schedule = {"name": f"{tag} {number} {it}"[:100], "cron": "0 0 1 1 *", "timezone": "UTC",
                    "template": order(tag)}  # fmt: skip
        await operator.post("/schedules", json=schedule)
        await operator.post("/queues/low/pause", json={"reason": it[:200]})
        await operator.post("/queues/low/resume")
        mail = {"to": f"{tag}@example.com", "subject": it[:100], "text": it, "html": it}
        await operator.post("/jobs", json={"type": "email", "payload": mail, "tags": [tag]})
    tab = await tabs("admin")

    await tab.open("/jobs")
    for path in PAGES:
        await tab.go(path)
        await tab.settle()
        assert await tab.page.evaluate(RAN) == []
    await tab.open("/jobs")
    box = tab.page.get_by_label("Search jobs")
    for text in STRINGS[::20]:
        await box.fill(text.replace("\x1b", ""))
        await box.press("Enter")
        assert await tab.page.evaluate(RAN) == []


async def test_html_mail_has_its_styles_and_no_script_in_a_frame(tabs, operator, tag):
    body = f"{MAIL}<script>parent.__ran.push(1)</script><img src=x onerror='parent.__ran.push(2)'>"
    mail = {"to": f"{tag}@example.com", "subject": "Hello", "text": "Hello", "html": body}
    (job_id,) = await submit(operator, {"type": "email", "payload": mail})
    job = await ended(operator, job_id)
    assert job["status"] == "success", job["error"]
    (item,) = (await operator.get("/mailbox", params={"job_id": job_id})).json()["items"]
    ticket = (await operator.post("/ws-ticket")).json()["ticket"]
    tab = await tabs()
    await tab.open("/mailbox")

    await tab.page.evaluate(
        """(src) => { const it = document.createElement('iframe'); it.src = src;
            it.sandbox = 'allow-popups allow-popups-to-escape-sandbox';
            document.body.append(it); }""",
        f"/api/v1/mailbox/{item['id']}/html?ticket={ticket}",
    )
    shown = tab.page.frame_locator("iframe").locator("b")
    await shown.wait_for()

    colour = "(it) => getComputedStyle(it).color"
    assert await shown.evaluate(colour) == "rgb(1, 2, 3)"
    assert await tab.page.evaluate(RAN) == []
    # The console tells of what the frame was denied; the page's own denials say "policy:".
    tab.faults[:] = [it for it in tab.faults if not it.startswith("console: ")]
