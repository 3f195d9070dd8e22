"""`taskforge mail` against a real API."""

import json

import pytest

from taskforge.core.mailbox import caught
from taskforge.db.mailbox import add_caught

SOURCE = b"Subject: Report \x1b[31m\r\n\r\nAll \x1b[31mgood\r\n"


@pytest.fixture
async def kept(deps):
    async with deps.db.connect() as connection:
        await add_caught(connection, caught("t@example.com", ["ann@example.com"], SOURCE))


@pytest.mark.usefixtures("kept")
def test_a_message_is_listed_and_shown(client):
    listed = client("mail", "list", "--to", "Ann@example.com", "--json")
    item = json.loads(listed.stdout)["items"][0]

    shown = client("mail", "show", item["id"])

    assert item["subject"].startswith("Report")
    assert "ann@example.com" in client("mail", "list", "-q", "rep").stdout
    assert "good" in shown.stdout
    assert "\x1b[31m" not in shown.stdout


def test_an_empty_mailbox_says_so(client):
    assert client("mail", "list").stdout.strip() == "no messages"


def test_a_message_that_is_not_there_exits_with_3(client):
    assert client("mail", "show", "01900000-0000-7000-8000-000000000000").exit_code == 3
