"""Every process tells its metrics: one stack, what happens in it, and what is told of it."""

import asyncio
import re
import signal
from contextlib import AsyncExitStack, ExitStack
from typing import NamedTuple

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect

from support.receiver import receiving
from support.schedules import plant
from support.waiting import eventually
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load
from tests.journeys.conftest import STOP_SECONDS, TASKFORGE, free_port, ready, start

PASSWORD = "a long enough password"
GOOD = {"dataset": {"inline": [{"n": 1}]}, "operation": "profile"}
BAD = {"dataset": {"file": "nobody-put-this-here.csv"}, "operation": "profile"}
TYPE = "data_processing"
ROLES = {"api": "api", "worker": "worker", "one": "scheduler", "other": "scheduler"}
"""The processes by name, and what they are."""
ROW = re.compile(r"\| `(taskforge_\w+)` \| (\w+) \| [\w, ]*? ?\| ([\w, ]+) \| .+ \|")
CLUSTER = "taskforge_queue_jobs"
OLD = "0-0"
"""A cursor that nobody can resume from."""


class Stack(NamedTuple):
    """The processes."""

    processes: dict
    clients: dict
    receiver: object
    token: str

    async def told(self, name):
        """What a process tells: values by name of the sample and labels."""
        answer = await self.clients[name].get("/metrics")
        assert answer.status_code == 200
        found = [
            ((sample.name, frozenset(sample.labels.items())), sample.value)
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        ]
        assert len(dict(found)) == len(found)
        return dict(found)

    async def value(self, name, metric, **labels):
        return (await self.told(name)).get((metric, frozenset(labels.items())), 0.0)

    async def call(self, path, body):
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.clients["api"].post(f"/api/v1{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()


@pytest.fixture
async def stack(process_environment, settings, tmp_path, interpreter):
    async with open_deps(settings, load([])) as deps:
        await create_user(
            deps, username="ada", email="ada@example.com", password=PASSWORD, role=Role.OPERATOR
        )
    ports = {name: free_port() for name in ROLES}
    async with AsyncExitStack() as exits:
        receiver = await exits.enter_async_context(receiving())
        output = exits.enter_context((tmp_path / "output").open("w"))
        environment = {
            **process_environment,
            "DRAIN_SECONDS": "1",
            "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{receiver.port}",
        }
        processes, clients = {}, {}
        started = exits.enter_context(ExitStack())
        for name, role in ROLES.items():
            line = (interpreter, *TASKFORGE, role)
            options = ("--port", str(ports[name])) if role == "api" else ()
            own = {} if role == "api" else {"METRICS_PORT": str(ports[name])}
            processes[name] = start(started, (*line, *options), environment | own, output)
            url = f"http://127.0.0.1:{ports[name]}"
            clients[name] = await exits.enter_async_context(
                httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)
            )
        for client in clients.values():
            await ready(client, str(client.base_url).rstrip("/"))
        login = {"username": "ada", "password": PASSWORD}
        answer = await clients["api"].post("/api/v1/auth/login", json=login)
        yield Stack(processes, clients, receiver, answer.json()["access_token"])
        for process in processes.values():
            process.send_signal(signal.SIGTERM)
        codes = [await asyncio.to_thread(it.wait, STOP_SECONDS) for it in processes.values()]
        assert codes == [0] * len(ROLES), (tmp_path / "output").read_text()[-2_000:]


async def test_what_happens_is_counted_where_it_happens_and_told_once(stack, plain, root):
    await let_things_happen(stack, plain)
    for metric, sample in EXPECTED.items():
        await eventually(lambda metric=metric, sample=sample: has_come(stack, metric, *sample))
    await every_role_tells_what_is_documented(stack, root)
    await one_scheduler_tells_of_the_installation(stack)
    await the_other_takes_over(stack)


@pytest.fixture
def root(request):
    return request.config.rootpath


def job(**fields):
    return {"type": TYPE, "payload": GOOD, **fields}


async def let_things_happen(stack, plain):
    """Once or so of everything that is counted, but for what goes wrong."""
    api = stack.clients["api"]
    socket_url = f"ws{str(api.base_url)[4:]}/ws?token={stack.token}"
    async with connect(f"{socket_url}&since={OLD}") as first, connect(socket_url):
        await first.recv()
        await stack.call("/jobs", job(webhook_url=stack.receiver.url()))
        await stack.call("/jobs/bulk", {"jobs": [job(), job()]})
        later = await stack.call("/jobs", job(delay_seconds=600))
        await stack.call(f"/jobs/{later['id']}/cancel", {})
        await stack.call(f"/jobs/{later['id']}/retry", {})
        await stack.call("/jobs", job(payload=BAD))
        await plant(plain, ago=1.0, template=job())
        assert (await api.get("/api/v1/jobs")).status_code == 401
        await eventually(lambda: is_counted(stack, "taskforge_ws_connections", 2))
        await eventually(lambda: is_counted(stack, "taskforge_ws_frames_total", 1, at_least=True))


async def is_counted(stack, metric, number, *, at_least=False):
    labels = {"transport": "websocket"} if metric.endswith("connections") else {}
    value = await stack.value("api", metric, **labels)
    return value >= number if at_least else value == number


QUEUED = {"queue": "default", "job_type": TYPE}
EXPECTED = {
    "taskforge_jobs_submitted_total single": (3, QUEUED | {"source": "single"}),
    "taskforge_jobs_submitted_total bulk": (2, QUEUED | {"source": "bulk"}),
    "taskforge_jobs_submitted_total schedule": (1, QUEUED | {"source": "schedule"}),
    "taskforge_jobs_finished_total success": (5, QUEUED | {"outcome": "success"}),
    "taskforge_jobs_finished_total failed": (1, QUEUED | {"outcome": "failed"}),
    "taskforge_jobs_finished_total cancelled": (1, QUEUED | {"outcome": "cancelled"}),
    "taskforge_jobs_revived_total": (1, QUEUED),
    "taskforge_job_attempts_total success": (5, QUEUED | {"result": "success"}),
    "taskforge_job_attempts_total failed": (1, QUEUED | {"result": "failed"}),
    "taskforge_job_wait_seconds_count": (6, QUEUED),
    "taskforge_job_run_seconds_count": (5, QUEUED | {"outcome": "success"}),
    "taskforge_schedule_fires_total": (1, {"result": "fired"}),
    "taskforge_schedule_fire_delay_seconds_count": (1, {}),
    "taskforge_webhook_deliveries_total": (1, {"result": "delivered"}),
    "taskforge_webhook_delivery_seconds_count": (1, {}),
    "taskforge_auth_failures_total": (1, {"reason": "unauthenticated"}),
    "taskforge_ws_gaps_total": (1, {"reason": "cursor"}),
    "taskforge_ws_closed_total": (2, {"code": "1006"}),
    "taskforge_ws_connections": (0, {"transport": "websocket"}),
    "taskforge_scheduler_leader": (1, {}),
}
"""What all processes together have counted in the end."""
MORE = (
    "taskforge_hints_total", "taskforge_events_published_total", "taskforge_claim_seconds_count",
    "taskforge_events_lag_seconds_count", "taskforge_http_request_seconds_count",
    "taskforge_duty_passes_total", "taskforge_duty_items_total", "taskforge_duty_seconds_count",
    "taskforge_password_hash_seconds_count", "taskforge_duty_last_success_timestamp_seconds",
)  # fmt: skip
"""What has grown, by how much nobody can say."""


async def has_come(stack, metric, number, labels):
    """Whether the sum over all processes is so."""
    name = metric.partition(" ")[0]
    values = [await stack.value(it, name, **labels) for it in ROLES]
    assert sum(values) == number, f"{metric}: {values}"
    return True


async def every_role_tells_what_is_documented(stack, root):
    """Nothing that is not in the list, and all of the list but what had no reason to come."""
    documented = {
        name: ("api", "worker", "scheduler") if roles == "all" else tuple(roles.split(", "))
        for name, _, roles in ROW.findall((root / "ops/metrics.md").read_text())
    }
    told = {name: await stack.told(name) for name in ROLES}
    for name, role in ROLES.items():
        ours = {
            re.sub("_(bucket|count|sum)$", "", sample)
            for (sample, _), value in told[name].items()
            if value and sample.startswith("taskforge_")
        }
        assert ours <= {it for it, roles in documented.items() if role in roles}
    sums = {sample for samples in told.values() for (sample, _), value in samples.items() if value}
    assert sums >= set(MORE)


async def one_scheduler_tells_of_the_installation(stack):
    telling = [it for it in ROLES if await tells(stack, it)]
    assert len(telling) == 1
    for state, number in (("success", 5), ("failed", 1), ("cancelled", 0), ("queued", 0)):
        labels = {"queue": "default", "state": state}

        async def stands(labels=labels, number=number):
            return await stack.value(telling[0], CLUSTER, **labels) == number

        await eventually(stands)
    assert await stack.value(telling[0], "taskforge_workers", state="online") == 1


async def the_other_takes_over(stack):
    """When the one who tells ends, with its next look."""
    leader = "one" if await tells(stack, "one") else "other"
    stack.processes[leader].send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(stack.processes[leader].wait, STOP_SECONDS) == 0
    follower = "other" if leader == "one" else "one"

    await eventually(lambda: tells(stack, follower))


async def tells(stack, name):
    return any(sample == CLUSTER for sample, _ in await stack.told(name))
