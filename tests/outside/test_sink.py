"""The sink takes mail for anybody, and survives whoever talks to it."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from aiosmtplib import SMTP, SMTPDataError, SMTPRecipientRefused

from taskforge.core.mailbox import MAX_MESSAGE_BYTES
from taskforge.outside.sink import ADDRESS, open_sink

MAIL = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMessage-ID: <1@x>\r\n\r\nHi\r\n"
JOB = "0190a000-0000-7000-8000-000000000001"


@pytest.fixture
async def sink():
    """A sink that keeps what it gets in `messages`, or raises `fault`."""
    state = SimpleNamespace(messages=[], fault=None, port=0)

    async def keep(batch):
        if state.fault:
            raise state.fault
        state.messages.extend(batch)

    async with open_sink(keep) as state.port:
        yield state


@pytest.fixture
async def client(sink):
    async with SMTP(
        hostname=ADDRESS, port=sink.port, start_tls=False, local_hostname="test"
    ) as client:
        yield client


async def test_a_message_is_kept_once_for_each_recipient(sink, client):
    source = f"X-TaskForge-Job: {JOB}\r\n".encode() + MAIL

    await client.sendmail("a@example.com", ["b@example.com", "c@example.com"], source)

    assert [one.recipient for one in sink.messages] == ["b@example.com", "c@example.com"]
    first = sink.messages[0]
    assert (first.sender, first.subject, first.message_id) == ("a@example.com", "Grüße", "<1@x>")
    assert str(first.job_id) == JOB
    assert first.source == source


def test_it_listens_on_this_host_alone(sink):
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{sink.port:04X}")
    ]  # fmt: skip

    assert listening == [f"0100007F:{sink.port:04X}"]  # 127.0.0.1, the bytes reversed


@pytest.mark.parametrize(("name", "code"), [("reject", 550), ("DEFER", 451)])
async def test_demo_recipients_refuse_as_servers_do(sink, client, name, code):
    await client.ehlo()
    await client.mail("a@example.com")

    with pytest.raises(SMTPRecipientRefused) as caught:
        await client.rcpt(f"{name}@demo.taskforge.test")

    assert caught.value.code == code
    assert sink.messages == []


async def test_a_demo_recipient_takes_its_time(sink, client):
    began = time.monotonic()

    await client.sendmail("a@example.com", ["slow@demo.taskforge.test"], MAIL)

    assert time.monotonic() - began >= 2
    assert len(sink.messages) == 1


async def test_a_message_that_cannot_be_kept_is_deferred(sink, client):
    sink.fault = OSError("the database is away")

    with pytest.raises(SMTPDataError) as caught:
        await client.sendmail("a@example.com", ["b@example.com"], MAIL)

    assert caught.value.code == 451
    assert "database" not in caught.value.message


async def test_a_message_that_is_too_large_is_refused_and_the_next_one_kept(sink, client):
    line = b"x" * 898 + b"\r\n"
    await client.ehlo()
    await client.mail("a@example.com")  # without SIZE, which would be refused at once
    await client.rcpt("b@example.com")
    with pytest.raises(SMTPDataError) as caught:
        await client.data(MAIL + line * (MAX_MESSAGE_BYTES // 900 + 1))
    assert caught.value.code == 552

    await client.sendmail("a@example.com", ["b@example.com"], MAIL)

    assert len(sink.messages) == 1


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x00\xff\xfe\r\n" * 50,
        b"A" * 100_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"EHLO x\r\nMAIL FROM:<\xc3\xbc@x>\r\nRCPT TO:<>\r\nDATA\r\n",
        b"EHLO x\r\nMAIL FROM:<a@b> SIZE=99999999999\r\n",
        b"EHLO x\r\nAUTH PLAIN AAAA\r\nSTARTTLS\r\nVRFY x\r\nEXPN x\r\n",
        b"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nhalf a mess",
        b"\r\n" * 200,
    ],
)
async def test_rubbish_hurts_nobody(sink, client, rubbish):
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(ADDRESS, sink.port)
        writer.write(rubbish)
        writer.write_eof()
        await reader.read()
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    await client.sendmail("a@example.com", ["b@example.com"], MAIL)

    assert len(sink.messages) == 1


async def test_commands_that_come_all_at_once_are_answered_in_order(sink):
    commands = b"EHLO x\r\nMAIL FROM:<a@b.de>\r\nRCPT TO:<c@d.de>\r\nDATA\r\n" + MAIL
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(ADDRESS, sink.port)
        writer.write(commands + b".\r\n" + commands.removeprefix(b"EHLO x\r\n") + b".\r\nQUIT\r\n")
        answers = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert len(sink.messages) == 2
    assert answers.endswith(b"221 Bye\r\n")


async def test_connections_beyond_the_most_are_turned_away():
    async def keep(batch):
        raise AssertionError(batch)

    open_ones = []
    async with asyncio.timeout(20), open_sink(keep, connections=5) as port:
        for _ in range(5):
            reader, writer = await asyncio.open_connection(ADDRESS, port)
            open_ones.append(writer)
            assert (await reader.readline()).startswith(b"220")
        reader, writer = await asyncio.open_connection(ADDRESS, port)
        open_ones.append(writer)

        assert (await reader.readline()).startswith(b"421")

        for writer in open_ones:
            writer.close()
        await asyncio.gather(*(one.wait_closed() for one in open_ones), return_exceptions=True)


async def test_a_sink_that_closes_ends_its_connections(sink):
    state = []

    async def keep(batch):
        state.extend(batch)

    async with asyncio.timeout(10):
        async with open_sink(keep) as port:
            reader, writer = await asyncio.open_connection(ADDRESS, port)
            await reader.readline()
        assert await reader.read() == b""
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
