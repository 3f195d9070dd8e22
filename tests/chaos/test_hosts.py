"""Several API processes, schedulers and units on several hosts, of which one is cut off (T-25)."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from itertools import count
from uuid import UUID

import httpx
import pytest

from support.hosts import why_not
from support.site import THREADS, UNITS, open_site
from support.waiting import eventually
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user

pytestmark = [pytest.mark.chaos, pytest.mark.skipif(bool(why_not()), reason=why_not())]
PASSWORD = "a long enough password"
CLIENTS = 4
RETURN_SECONDS = 15
"""From the end of the cut until everything works as before (T-25)."""
MINE = "SELECT count(*) FROM jobs WHERE worker_id = ANY($1) AND status = 'running'"


@pytest.fixture(scope="module")
async def site(tmp_path_factory):
    async with open_site(tmp_path_factory.mktemp("site")) as it:
        yield it


@pytest.fixture(scope="module")
async def operator(site):
    """Signed in, through nginx."""
    await create_user(
        site.chaos.arena.deps,
        username="op", email="op@example.com", password=PASSWORD, role=Role.OPERATOR,
    )  # fmt: skip
    async with httpx.AsyncClient(base_url=site.proxy.url, trust_env=False, timeout=8) as client:
        login = {"username": "op", "password": PASSWORD}
        answer = await client.post("/api/v1/auth/login", json=login)
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


class Flood:
    """Clients that order a job each, wait for its end, and order the next.

    What gets no answer, or one that says to try again, is ordered again under the same key.
    """

    def __init__(self, site, client):
        self._site = site
        self._client = client
        self._ending = asyncio.Event()
        self.seen = Counter()

    @asynccontextmanager
    async def rising(self):
        async with asyncio.TaskGroup() as tasks:
            for name in range(CLIENTS):
                tasks.create_task(self._order(name))
            try:
                yield
            finally:
                self._ending.set()

    async def _order(self, name):
        for n in count():
            if self._ending.is_set():
                return
            order = {"type": "effect", "payload": {"ms": 1_500 if n % 5 == 0 else 20}}
            job = await self._insist("POST", "/api/v1/jobs", f"{name}-{n}", json=order)
            self._site.chaos.accepted.add(UUID(job["id"]))
            await self._insist("GET", f"/api/v1/jobs/{job['id']}?wait=4", f"{name}-{n}")

    async def _insist(self, method, path, key, **more):
        while True:
            try:
                answer = await self._client.request(
                    method, path, headers={"Idempotency-Key": key}, **more
                )
            except httpx.TransportError as error:
                self.seen[type(error).__name__] += 1
                continue
            self.seen[answer.status_code] += 1
            if answer.is_success:
                return answer.json()
            assert answer.status_code in (429, 503), answer.text


async def at_work(site, node):
    units = await site.units_of(node)
    return await site.chaos.arena.db.fetchval(MINE, units)


async def reconnected(site, node, units):
    """It is ready, its units are in the list, and one of them ends a job that is made now."""
    assert await site.all_there()
    job_id = await site.chaos.submit_one()
    row = await site.chaos.arena.until(job_id)
    return row["worker_id"] in units


async def test_an_outcome_that_comes_late_from_a_cut_off_host_changes_nothing(site):
    arena, note = site.chaos.arena, site.chaos.note
    job_id = await site.chaos.submit_one("pause", {"seconds": 1.0})
    first = await arena.until(job_id, "running")
    owners = [it for it in site.nodes if first["worker_id"] in await site.units_of(it)]
    (node,) = owners

    node.host.cut_off()
    note(f"{node.host.address} is cut off")
    done = await arena.until(job_id, within=30)
    node.host.join()
    note("and is back")
    await eventually(lambda: told(node, "attempt.fenced_out"), within=40)

    assert (done["status"], done["attempt"]) == ("success", first["attempt"] + 1)
    assert done["worker_id"] in await site.units_of(site.other(node))
    assert await arena.row(job_id) == done
    await eventually(site.all_there, within=RETURN_SECONDS)
    await site.chaos.drained()
    await site.chaos.check()


async def told(node, what):
    return node.said(what)


async def test_nothing_is_lost_while_a_host_is_cut_off_and_when_it_returns(site, operator):
    chaos, db = site.chaos, site.chaos.arena.db
    (node,) = await eventually(site.leaders, within=30)
    other, units = site.other(node), await site.units_of(node)
    before = await chaos.runs()
    flood = Flood(site, operator)

    async with flood.rising():
        await eventually(lambda: at_work(site, node), within=30)
        await eventually(lambda: at_work(site, other), within=30)
        node.host.cut_off()
        chaos.note(f"{node.host.address} is cut off, with {len(chaos.accepted)} accepted")

        async def unready():
            return not await asyncio.to_thread(node.is_ready)

        async def deserted():
            return not await db.fetchval(MINE, units)

        async def led_by_the_other():
            return await site.leaders() == [other]

        async def forgotten():
            return not await db.fetchval(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE client_addr = $1::inet AND application_name = 'taskforge'",
                node.host.address,
            )

        await eventually(unready)
        chaos.note("it is not ready any more")
        await eventually(deserted, within=15)
        chaos.note("its jobs are taken away")
        ordered = len(chaos.accepted)
        await eventually(led_by_the_other, within=40, every=0.2)
        chaos.note("the other scheduler tells how things stand")
        await eventually(forgotten, within=30)
        chaos.note("the server has given up its connections")
        assert len(chaos.accepted) > ordered + 2 * CLIENTS
        sent = site.proxy.log.count(node.api)

        node.host.join()
        chaos.note(f"it is back, with {len(chaos.accepted)} accepted")
        await eventually(lambda: reconnected(site, node, units), within=RETURN_SECONDS)
        chaos.note("and works")

        async def asked_again():
            return site.proxy.log.count(f'"upstream":"{node.api}"') > sent

        await eventually(asked_again)
    chaos.note(f"answers: {dict(flood.seen)}")
    await chaos.drained()
    await chaos.check()

    assert (await chaos.tally())["success"] == len(chaos.accepted)
    assert await site.leaders() == [other]
    again = await chaos.runs() - before - len(chaos.accepted)
    assert again <= UNITS * THREADS
