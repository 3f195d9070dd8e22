"""The mailbox over HTTP: list, read, download, empty."""

from email.message import EmailMessage
from uuid import UUID, uuid4

import httpx
import pytest

from taskforge.core.mailbox import caught
from taskforge.db.mailbox import add_caught
from tests.api.test_errors import problem

V1 = "/api/v1/mailbox"
JOB = UUID("01a20000-0000-7000-8000-000000000001")


def source(subject="Hi", job_id=JOB):
    message = EmailMessage()
    message["Subject"] = subject
    message["X-TaskForge-Job"] = str(job_id)
    message["Message-ID"] = "<1@example.com>"
    message.set_content("Käse")
    message.add_alternative("<script>x</script><b>Käse</b>", subtype="html")
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="a.csv")
    return message.as_bytes()


@pytest.fixture
def keep(deps):
    async def keep(*recipients, **parts):
        async with deps.db.connect() as connection:
            messages = caught("t@example.com", list(recipients), source(**parts))
            await add_caught(connection, messages)

    return keep


async def subjects(client, query=""):
    return [item["subject"] for item in (await client.get(f"{V1}{query}")).json()["items"]]


async def test_messages_are_listed_newest_first_and_page_by_page(viewer, keep):
    for number in range(5):
        await keep("ann@example.com", subject=f"Nr {number}")

    first = (await viewer.get(f"{V1}?limit=2")).json()
    second = (await viewer.get(f"{V1}?limit=2&cursor={first['next_cursor']}")).json()
    third = (await viewer.get(f"{V1}?limit=2&cursor={second['next_cursor']}")).json()

    listed = [item["subject"] for page in (first, second, third) for item in page["items"]]
    assert listed == ["Nr 4", "Nr 3", "Nr 2", "Nr 1", "Nr 0"]
    assert third["next_cursor"] is None
    assert first["items"][0]["recipient"] == "ann@example.com"
    assert first["items"][0]["size_bytes"] > 100
    assert first["items"][0]["job_id"] == str(JOB)


async def test_filters_narrow_the_list(viewer, keep):
    other = uuid4()
    await keep("ann@example.com", "ben@example.com", subject="Invoice 100%_x")
    await keep("Ben@example.com", subject="Hello", job_id=other)

    assert await subjects(viewer, "?recipient=BEN@example.com") == ["Hello", "Invoice 100%_x"]
    assert await subjects(viewer, f"?job_id={other}") == ["Hello"]
    assert await subjects(viewer, "?q=INVOICE") == ["Invoice 100%_x"] * 2
    assert await subjects(viewer, "?q=%25_X&recipient=ann@example.com") == ["Invoice 100%_x"]
    assert await subjects(viewer, "?q=nothing") == []


async def test_a_search_goes_on_where_a_page_ended(viewer, keep, monkeypatch):
    monkeypatch.setattr("taskforge.db.mailbox.REACH", 3)
    for number in range(7):
        await keep("a@x.org", subject="Wanted" if number < 2 else "Other")

    found, query = [], "?q=wanted"
    while query:
        page = (await viewer.get(f"{V1}{query}")).json()
        found += page["items"]
        query = page["next_cursor"] and f"?q=wanted&cursor={page['next_cursor']}"

    assert [item["subject"] for item in found] == ["Wanted", "Wanted"]


async def test_a_message_is_read_in_parts(viewer, keep):
    await keep("ann@example.com")
    item = (await viewer.get(V1)).json()["items"][0]

    answer = await viewer.get(f"{V1}/{item['id']}")

    shown = answer.json()
    assert shown["parts"]["text"] == "Käse\n"
    assert shown["parts"]["html"] == "<script>x</script><b>Käse</b>\n"
    assert shown["parts"]["attachments"] == [
        {"filename": "a.csv", "media_type": "text/csv", "size_bytes": 4}
    ]
    assert {"name": "Subject", "value": "Hi"} in shown["parts"]["headers"]
    assert answer.headers["content-type"].startswith("application/json")


async def test_a_message_is_downloaded_as_it_was_sent(viewer, keep):
    await keep("ann@example.com")
    item = (await viewer.get(V1)).json()["items"][0]
    shown = (await viewer.get(f"{V1}/{item['id']}")).json()

    answer = await viewer.get(shown["raw_url"])

    assert answer.content.startswith(b"Subject: Hi")
    assert len(answer.content) == item["size_bytes"]
    assert answer.headers["content-type"] == "message/rfc822"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_emptying_takes_an_operator(viewer, operator, keep):
    await keep("ann@example.com", "ben@example.com")

    refused = await viewer.delete(V1)
    done = await operator.delete(V1)

    assert refused.status_code == 403
    assert done.json() == {"deleted": 2}
    assert await subjects(viewer) == []


@pytest.mark.parametrize("path", ["", "/raw"])
async def test_a_message_that_is_not_there_is_not_found(viewer, path):
    answer = await viewer.get(f"{V1}/{uuid4()}{path}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("query", "status"),
    [("?limit=0", 422), ("?q=", 422), ("?job_id=x", 422), ("?q=%00", 422), ("?cursor=x", 400)],
)
async def test_a_query_that_makes_no_sense_is_refused(viewer, query, status):
    assert (await viewer.get(f"{V1}{query}")).status_code == status


async def test_a_cursor_of_other_filters_is_refused(viewer, keep):
    await keep("a@x.org", "b@x.org")
    cursor = (await viewer.get(f"{V1}?limit=1")).json()["next_cursor"]

    assert (await viewer.get(f"{V1}?q=hi&cursor={cursor}")).status_code == 400


@pytest.mark.parametrize("path", ["", f"/{JOB}", f"/{JOB}/raw"])
async def test_nobody_reads_mail_without_an_account(client, path):
    assert (await client.get(f"{V1}{path}")).status_code == 401


async def framed(client, mail_id):
    """What a frame gets: it has a ticket and no header."""
    ticket = (await client.post("/api/v1/ws-ticket")).json()["ticket"]
    async with httpx.AsyncClient(
        transport=client._transport, base_url="http://testserver"
    ) as frame:
        first = await frame.get(f"{V1}/{mail_id}/html", params={"ticket": ticket})
        again = await frame.get(f"{V1}/{mail_id}/html", params={"ticket": ticket})
    return first, again


async def test_a_frame_shows_a_message_by_a_ticket_that_is_good_once(viewer, keep):
    await keep("ann@example.com")
    mail_id = (await viewer.get(V1)).json()["items"][0]["id"]

    first, again = await framed(viewer, mail_id)

    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert "<b>Käse</b>" in first.text
    assert problem(again, 401)["code"] == "ticket_invalid"


async def test_a_message_in_a_frame_runs_nothing_fetches_nothing_and_stays_in_our_page(
    viewer, keep
):
    await keep("ann@example.com")
    mail_id = (await viewer.get(V1)).json()["items"][0]["id"]

    headers = (await viewer.get(f"{V1}/{mail_id}/html")).headers

    policy = dict(part.strip().partition(" ")[::2] for part in
                  headers["content-security-policy"].split(";"))  # fmt: skip
    assert policy == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:",
        "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'self'",
        "sandbox": "allow-popups allow-popups-to-escape-sandbox",
    }  # fmt: skip
    assert headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert headers["cache-control"] == "no-store"


async def test_a_message_without_html_is_not_framed(viewer, deps):
    plain = caught("t@example.com", ["ann@example.com"], b"Subject: Hi\r\n\r\n<b>Hi</b>\r\n")
    async with deps.db.connect() as connection:
        await add_caught(connection, plain)
    mail_id = (await viewer.get(V1)).json()["items"][0]["id"]

    assert "no HTML" in problem(await viewer.get(f"{V1}/{mail_id}/html"), 404)["detail"]
    problem(await viewer.get(f"{V1}/{uuid4()}/html"), 404)
