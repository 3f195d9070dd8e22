"""What a newcomer does in the first minutes, against the whole service."""

import asyncio
import json
import random
from collections import defaultdict
from contextlib import AsyncExitStack

import httpx
import pytest
from websockets.asyncio.client import connect

PASSWORD = "a long enough password"
FRAME_SECONDS = 30
FINAL = {"job_success", "job_failed", "job_cancelled"}


class Live:
    """What comes over one socket."""

    def __init__(self, socket):
        self._socket = socket
        self._frames = defaultdict(list)

    async def greeted(self):
        """Wait for the greeting: what happens from now on comes, what came before it may not."""
        async with asyncio.timeout(FRAME_SECONDS):
            assert json.loads(await self._socket.recv())["event"] == "connected"

    async def frames_of(self, job_id, last=FINAL):
        """All frames of a job so far, up to the first of the events `last`."""
        async with asyncio.timeout(FRAME_SECONDS):
            while not any(frame["event"] in last for frame in self._frames[job_id]):
                frame = json.loads(await self._socket.recv())
                self._frames[frame.get("job_id")].append(frame)
        return self._frames[job_id]


@pytest.fixture
def doors():
    """What is done at one is seen at the other."""
    return 2


@pytest.fixture
async def clients(stack):
    async with AsyncExitStack() as exits:
        yield [
            await exits.enter_async_context(
                httpx.AsyncClient(base_url=f"{url}/api/v1", trust_env=False, timeout=60)
            )
            for url in stack.urls
        ]


async def test_the_first_minutes(stack, clients):
    first, second = clients
    await refuse_a_viewer(first)
    token = await make_an_operator(stack, first)
    for client in clients:
        client.headers["Authorization"] = f"Bearer {token}"
    async with AsyncExitStack() as exits:
        lives = [
            Live(await exits.enter_async_context(connect(f"ws{url[4:]}/ws?token={token}")))
            for url in stack.urls
        ]
        for live in lives:
            await live.greeted()
        await watch_an_aggregate(first, lives)
        await wait_for_a_delayed_job(second, lives)
        await cancel_what_runs(second, lives)
        await fail_at_what_is_not_there(first, lives)
    await submit_on_the_command_line(stack, token)
    await count_it_all(second)


async def refuse_a_viewer(client):
    person = {"username": "vera", "email": "vera@example.com", "password": PASSWORD}
    assert (await client.post("/auth/register", json=person)).status_code == 201
    token = await sign_in(client, "vera")

    headers = {"Authorization": f"Bearer {token}"}
    refused = await client.post("/jobs", json={"type": "data_processing"}, headers=headers)
    seen = await client.get("/jobs", headers=headers)

    assert refused.status_code == 403
    assert seen.json()["items"] == []


async def make_an_operator(stack, client):
    done = await stack.command(
        *("user", "create", "olga", "--email", "olga@example.com", "--role", "operator"),
        "--password-stdin",
        given=PASSWORD,
    )
    assert done.code == 0, done.stderr
    return await sign_in(client, "olga")


async def watch_an_aggregate(client, lives):
    dice = random.Random(1)
    rows = [
        {"city": dice.choice(["Oslo", "Rome", "Cairo"]), "degrees": dice.randint(-20, 40)}
        for _ in range(500)
    ]
    params = {
        "group_by": ["city"],
        "metrics": [{"fn": "count"}, {"fn": "sum", "column": "degrees"}],
        "order_by": [{"column": "city"}],
    }
    job_id = await submit(client, {"dataset": {"inline": rows}, "params": params}, "aggregate")

    for live in lives:
        frames = await live.frames_of(job_id)
        events = [frame["event"] for frame in frames]
        assert [e for e in events if e != "job_progress"] == [
            "job_queued",
            "job_running",
            "job_success",
        ]
        assert "job_progress" in events
        versions = [frame["version"] for frame in frames]
        assert versions == sorted(versions)

    job = (await client.get(f"/jobs/{job_id}", params={"wait": 20})).json()
    by_city = defaultdict(list)
    for row in rows:
        by_city[row["city"]].append(row["degrees"])
    assert job["result"]["preview"]["rows"] == [
        [city, len(values), sum(values)] for city, values in sorted(by_city.items())
    ]


async def wait_for_a_delayed_job(client, lives):
    payload = {"dataset": {"inline": [{"n": 1}]}}
    job_id = await submit(client, payload, "profile", delay_seconds=0.5)

    frames = await lives[0].frames_of(job_id)
    # Two processes told of it: `version` says in which order it happened.
    moves = [frame for frame in frames if frame["event"] != "job_progress"]
    told = [frame["event"] for frame in sorted(moves, key=lambda frame: frame["version"])]
    assert told == [
        "job_scheduled",
        "job_queued",
        "job_running",
        "job_success",
    ]


async def cancel_what_runs(client, lives):
    job_id = await submit(client, {"dataset": "sales_q1", "rows": 5_000_000}, "profile")
    await lives[0].frames_of(job_id, last={"job_progress"})

    asked = await client.post(f"/jobs/{job_id}/cancel")

    assert asked.status_code == 200
    for live in lives:
        assert (await live.frames_of(job_id))[-1]["event"] == "job_cancelled"
    job = (await client.get(f"/jobs/{job_id}")).json()
    assert (job["status"], job["result"]) == ("cancelled", None)


async def fail_at_what_is_not_there(client, lives):
    job_id = await submit(client, {"dataset": {"file": "nobody-put-this-here.csv"}}, "profile")

    last = (await lives[1].frames_of(job_id))[-1]

    job = (await client.get(f"/jobs/{job_id}")).json()
    assert (last["event"], last["status"]) == ("job_failed", "failed")
    assert job["error"]["class"] == "invalid_input"
    assert "nobody-put-this-here.csv" in job["error"]["message"]


async def submit_on_the_command_line(stack, token):
    payload = '{"dataset":"sales_q1","operation":"aggregate","rows":50000}'
    done = await stack.command(
        *("job", "submit", "data_processing", "--payload", payload, "--watch", "--json"),
        TASKFORGE_URL=stack.urls[1],
        TASKFORGE_TOKEN=token,
    )

    assert done.code == 0, done.stderr
    result = json.loads(done.stdout)["result"]
    count = result["preview"]["columns"].index("count")
    assert result["rows_out"] == 44  # as the README says
    assert sum(row[count] for row in result["preview"]["rows"]) == 50_000
    assert "success" in done.stderr


async def count_it_all(client):
    summary = (await client.get("/jobs/metrics/summary")).json()
    workers = (await client.get("/workers")).json()["items"]

    ended = {name: count for name, count in summary["by_status"].items() if count}
    assert ended == {"success": 3, "cancelled": 1, "failed": 1}
    assert [worker["status"] for worker in workers] == ["online"]


async def sign_in(client, name):
    answer = await client.post("/auth/login", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json()["access_token"]


async def submit(client, payload, operation, **order):
    body = {"type": "data_processing", "payload": {**payload, "operation": operation}, **order}
    answer = await client.post("/jobs", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]
