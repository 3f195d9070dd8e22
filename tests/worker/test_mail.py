"""Mail from a real unit: the sink beside it, and a unit that is killed while it sends."""

import asyncio
import signal
from collections import Counter
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP

EVERYONE = [f"u{number}@example.com" for number in range(12)]


class Gate:
    """A mail server that answers so many messages and holds the next ones until it is opened."""

    def __init__(self, free):
        self.got = Counter()
        self.waiting = asyncio.Event()
        self._free = free
        self._open = asyncio.Event()

    def open(self):
        self._open.set()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd looks for it
        if sum(self.got.values()) >= self._free and not self._open.is_set():
            self.waiting.set()
            await self._open.wait()
        self.got[envelope.rcpt_tos[0]] += 1
        return "250 2.0.0 OK"


@asynccontextmanager
async def served(gate):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(gate, hostname="localhost", loop=loop), "127.0.0.1", 0
    )
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?starttls=off"
    finally:
        server.close()


async def test_a_unit_without_a_server_sends_to_its_own_sink(shared):
    job_id = await shared.submit("email", {"subject": "Hi", "to": ["a@x.org", "b@x.org"]})

    row = await shared.until(job_id)

    assert row["status"] == "success"
    count = "SELECT count(*) FROM mailbox WHERE job_id = $1"
    assert await shared.db.fetchval(count, job_id) == 2
    result = await shared.db.fetchval("SELECT result FROM job_results WHERE job_id = $1", job_id)
    assert result["transport"] == "sink"


async def test_a_unit_killed_while_it_sends_repeats_only_the_message_in_flight(make_arena):
    gate = Gate(free=7)
    async with served(gate) as url:
        arena = await make_arena(SMTP_URL=url)
        unit = await arena.start("worker")
        job_id = await arena.submit("email", {"subject": "Hi", "to": EVERYONE})
        async with asyncio.timeout(30):
            await gate.waiting.wait()
        arena.supervisor.forget(unit)
        unit.send(signal.SIGKILL)
        await unit.ended()
        gate.open()
        await arena.start("scheduler")
        await arena.start("worker")

        row = await arena.until(job_id, within=60)

    assert (row["status"], row["attempt"]) == ("success", 2)
    assert set(gate.got) == set(EVERYONE)
    # The seven have their records; only what the server was still looking at may come twice.
    assert sum(gate.got.values()) <= len(EVERYONE) + 1
