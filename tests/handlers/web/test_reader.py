import asyncio

import pytest

from taskforge.core.failures import JobError
from taskforge.handlers.web.payload import Field, WebPayload
from taskforge.handlers.web.reader import Reader, ReadingStopped
from taskforge.handlers.web.records import Addresses, Page

ENDLESS = WebPayload(
    selectors={"n": Field(xpath="//*[count(//*[count(//*) > 0]) > 0]"), "b": "b::text"}
)
HEAVY = Page(
    url="http://a/", content_type="text/html", body=b"<i></i>" * 6_000 + b"<a href=/x>x</a>"
)
LIGHT = Page(url="http://a/", content_type="text/html", body=b"<b>fine</b>")


@pytest.fixture
async def open_reader(ctx):
    opened = []

    def make(ask=ENDLESS):
        opened.append(Reader(ctx, ask))
        return opened[-1]

    yield make
    for reader in opened:
        await reader.close()


async def test_a_page_that_kills_the_child_has_no_reading_and_the_next_has(open_reader):
    reader = open_reader()

    assert await reader.read(HEAVY) is None
    reading = await reader.read(LIGHT)

    assert reading.fields["b"] == "fine"


async def test_many_questions_at_once_each_get_their_own_answer(open_reader):
    reader = open_reader(WebPayload(url="http://a/"))

    readings = await asyncio.gather(
        *(reader.read(Addresses(urls=[f"http://a/{n}"])) for n in range(50))
    )

    assert [reading.links for reading in readings] == [[f"http://a/{n}"] for n in range(50)]


async def test_two_megabytes_come_through(open_reader):
    reader = open_reader(WebPayload())
    body = b"<title>large</title>" + b"<p>x" * 500_000

    reading = await reader.read(Page(url="http://a/", content_type="text/html", body=body))

    assert reading.title == "large"


async def test_a_question_that_is_cancelled_does_not_spoil_the_next(open_reader):
    reader = open_reader()
    await reader.read(LIGHT)
    question = asyncio.create_task(reader.read(HEAVY))
    await asyncio.wait({question}, timeout=0.05)  # it takes seconds
    question.cancel()
    await asyncio.wait({question})

    reading = await reader.read(LIGHT)

    assert reading.fields["b"] == "fine"


async def test_a_child_that_cannot_work_fails_the_attempt(open_reader, monkeypatch):
    monkeypatch.setattr("taskforge.handlers.web.reader.WITHOUT_TEXT", "json:none_such")
    reader = open_reader()

    with pytest.raises(JobError, match="none_such"):
        await reader.read(LIGHT)


async def test_reading_stops_after_ten_deaths(open_reader, monkeypatch):
    monkeypatch.setattr("taskforge.handlers.web.reader.MAX_DEATHS", 1)
    reader = open_reader()

    with pytest.raises(ReadingStopped, match="simpler selectors"):
        await reader.read(HEAVY)
