"""What a newcomer does, through the front door: sign in, submit, watch, read the result."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import connect

FRONT = "http://127.0.0.1:3000"
FRAME_SECONDS = 60.0
FAST = 100_000
"""Requests a minute, for an operator who is a load."""
ORDER = {
    "type": "data_processing",
    "payload": {"dataset": "sales_q1", "operation": "aggregate", "rows": 1_000},
}


Deed = Callable[[httpx.AsyncClient], Awaitable[None]]


@asynccontextmanager
async def signed_in(name: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A client with the session of a demo account."""
    async with httpx.AsyncClient(base_url=f"{FRONT}/api/v1", trust_env=False, timeout=60) as client:
        body = {"username": name, "password": f"{name}1234"}
        session = (await client.post("/auth/login", json=body)).raise_for_status().json()
        client.headers["Authorization"] = f"Bearer {session['access_token']}"
        yield client


async def walk() -> dict[str, Any]:
    """One job from its order to its result, seen over the socket; the job.

    Raises:
        AssertionError: something is not as it should be.
    """
    async with signed_in("operator") as client:
        page = await client.get(f"{FRONT}/", headers={"Accept": "text/html"})
        assert "<title>" in page.text, page.text[:200]
        ticket = (await client.post("/ws-ticket")).raise_for_status().json()["ticket"]
        async with connect(f"ws{FRONT[4:]}/ws?ticket={ticket}") as socket:
            made = (await client.post("/jobs", json=ORDER)).raise_for_status().json()
            async with asyncio.timeout(FRAME_SECONDS):
                while True:
                    frame = msgspec.json.decode(await socket.recv())
                    if frame.get("job_id") == made["id"] and frame["event"] == "job_success":
                        break
        job = (await client.get(f"/jobs/{made['id']}")).raise_for_status().json()
    assert job["status"] == "success"
    assert job["result"], job
    return job


async def workers_online() -> int:
    """How many units there are."""
    async with signed_in("viewer") as client:
        units = (await client.get("/workers")).raise_for_status().json()["items"]
    return sum(unit["status"] == "online" for unit in units)


async def samples() -> Counter[str]:
    """How the sample jobs stand, by type and status."""
    async with signed_in("viewer") as client:
        jobs = (await client.get("/jobs", params={"tag": "demo"})).raise_for_status().json()
    return Counter(f"{job['type']} {job['status']}" for job in jobs["items"])


async def may_hurry() -> None:
    """Give the operator a limit of its own, as an admin may."""
    async with signed_in("admin") as admin:
        users = (await admin.get("/users")).raise_for_status().json()["items"]
        operator = next(it for it in users if it["username"] == "operator")
        change = {"rate_limit": FAST}
        (await admin.patch(f"/users/{operator['id']}", json=change)).raise_for_status()


class Load:
    """Requests without a pause, until it is stopped, and how they ended."""

    def __init__(self) -> None:
        self.statuses: Counter[int | str] = Counter()
        """Of answers; what got none is counted by the name of its error."""
        self.waits: list[float] = []
        """Seconds from due to started, of each job that it submitted."""
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Let each client end what it does."""
        self._stopping.set()

    async def run(self) -> None:
        """Two who read and two who submit, each order with a key of its own."""
        async with signed_in("operator") as client:
            await asyncio.gather(
                *(self._repeat(self._read, client) for _ in range(2)),
                *(self._repeat(self._submit, client) for _ in range(2)),
            )

    async def _repeat(self, deed: Deed, client: httpx.AsyncClient) -> None:
        while not self._stopping.is_set():
            try:
                await deed(client)
            except httpx.TransportError as error:
                self.statuses[type(error).__name__] += 1

    async def _read(self, client: httpx.AsyncClient) -> None:
        self.statuses[(await client.get("/jobs", params={"limit": 20})).status_code] += 1

    async def _submit(self, client: httpx.AsyncClient) -> None:
        key = {"Idempotency-Key": f"proof-{time.time_ns()}"}
        made = await client.post("/jobs", json=ORDER, headers=key)
        self.statuses[made.status_code] += 1
        if made.is_success:
            end = await client.get(f"/jobs/{made.json()['id']}", params={"wait": 30})
            self.statuses[end.status_code] += 1
            self.waits.append(_wait_of(end.json()))


def _wait_of(job: dict[str, Any]) -> float:
    assert job["status"] == "success", job
    queued, started = (datetime.fromisoformat(job[it]) for it in ("queued_at", "started_at"))
    return (started - queued).total_seconds()
