"""One API process after the other is started again, and nobody behind nginx notices."""

import asyncio
from collections import Counter
from itertools import count

import pytest

pytestmark = pytest.mark.chaos
JOBS = "/api/v1/jobs"
ORDER = {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "profile"}}


async def test_a_rolling_restart_loses_no_request(operator, apis):
    seen, made = Counter(), set()
    stopping = asyncio.Event()

    async def read():
        while not stopping.is_set():
            seen[(await operator.get(JOBS, params={"limit": 5})).status_code] += 1

    async def submit(who):
        for n in count():
            if stopping.is_set():
                return
            key = {"Idempotency-Key": f"{who}-{n}"}
            answer = await operator.post(JOBS, json=ORDER, headers=key)
            seen[answer.status_code] += 1
            made.add(answer.json().get("id"))

    clients = [asyncio.create_task(it) for it in (read(), read(), submit("a"), submit("b"))]
    for api in apis:
        before = seen.total()
        await api.stop()
        await api.start()
        assert seen.total() > before + 10
    stopping.set()
    await asyncio.gather(*clients)

    assert set(seen) <= {200, 201}
    assert len(made) == (await operator.get("/api/v1/jobs/metrics/summary")).json()["total"]
