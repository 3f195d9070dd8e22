"""A real Prometheus beside the whole service at work: every expression we ship finds something.

An expression that is never wrong and never finds anything is worse than none: the panel stays empty
and the alarm silent for ever. So each selector of every panel and every rule must match a series,
and every panel and recorded rule must have a value; what rightly has none is named, with a reason.
"""

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, suppress

import httpx
import yaml
from websockets.asyncio.client import connect

from support.processes import FAST_CLOCK, JOBS
from support.prometheus import FOLDER, open_prometheus
from support.receiver import receiving
from support.waiting import eventually
from taskforge.config import load
from taskforge.core.people import Role
from taskforge.flows.accounts import create_user
from taskforge.flows.deps import open_deps
from taskforge.handlers.registry import load as load_types
from taskforge.local.servers import Servers
from tests.conftest import environment
from tests.journeys.conftest import TASKFORGE, free_port, ready, start

PASSWORD = "a long enough password"
BOARDS = FOLDER.parent / "grafana" / "boards"
WITHIN_SECONDS = 60
CHOSEN = {"$queue": ".*", "$job_type": ".*", "$__rate_interval": "1m", "$__range": "1m"}
WORDS = re.compile(
    r"(?P<name>\b(?:\w+:)?taskforge_[\w:]+|\bprocess_\w+|\bup\b|\bALERTS\b)"
    r'(?P<where>\{(?:"[^"]*"|[^"}])*\})?'
)
NOTHING = {
    'taskforge_http_request_seconds_count{status_class="5xx"}': "no request fails by our fault",
    'taskforge_job_attempts_total{result="released"}': "no worker leaves",
    'ALERTS{alertstate="firing",alertname=~"TaskForge.*",severity!="none"}': "nothing is amiss",
}
"""What finds nothing while all is well, and why; the metrics are there all the same."""


async def test_every_expression_of_every_panel_and_rule_finds_something(
    make_database, tmp_path_factory
):
    folder = tmp_path_factory.mktemp("watched")
    shown, alarms = dict(panels()) | dict(rules("record")), dict(rules("alert"))
    wanted = {it: f"count({it})" for expr in (*shown.values(), *alarms.values())
              for it in selectors_of(expr)} | shown  # fmt: skip
    async with at_work(await make_database(), folder) as prometheus:

        async def all_found():
            for name, expr in list(wanted.items()):
                if await prometheus.values(expr):
                    del wanted[name]
            assert wanted.keys() == NOTHING.keys()
            return True

        await eventually(all_found, within=WITHIN_SECONDS, every=0.5)

        names = set(await prometheus.get("label/__name__/values"))
        assert {it.partition("{")[0] for it in NOTHING} <= names
        groups = (await prometheus.get("rules"))["groups"]
        firing = {it["labels"]["alertname"] for it in (await prometheus.get("alerts"))["alerts"]
                  if it["state"] == "firing"}  # fmt: skip

    assert [it["lastError"] for group in groups for it in group["rules"] if "lastError" in it] == []
    assert sum(len(group["rules"]) for group in groups) == len(list(rules()))
    assert firing == {"TaskForgeDeadMansSwitch"}


def panels() -> Iterator[tuple[str, str]]:
    """Every expression of every board, by where it is; the choices above the board are "all"."""
    for file in sorted(BOARDS.glob("*.json")):
        board = json.loads(file.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                place = f"{board['uid']}: {panel['title']} ({target['refId']})"
                yield place, chosen(target["expr"])
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                metric = re.fullmatch(r"label_values\((\w+), \w+\)", variable["query"])
                assert metric, variable["query"]
                yield f"{board['uid']}: ${variable['name']}", metric[1]


def chosen(expr: str) -> str:
    for word, value in CHOSEN.items():
        expr = expr.replace(word, value)
    assert "$" not in expr, expr
    return expr


def rules(kind: str = "") -> Iterator[tuple[str, str]]:
    """Recorded rules or alerts (or both), by name and place, with their expressions."""
    for file in ("rules.yml", "alerts.yml"):
        for group in yaml.safe_load((FOLDER / file).read_text())["groups"]:
            for place, rule in enumerate(group["rules"]):
                if not kind or kind in rule:
                    name = rule.get("record") or rule["alert"]
                    yield f"{group['name']} {place} {name}", rule["expr"]


def selectors_of(expr: str) -> Iterator[str]:
    """`name{labels}` as often as it stands there, without what it is asked for within a time."""
    plain = re.sub(r"\b(by|on|without|ignoring) \([^)]*\)", "", expr)
    for found in WORDS.finditer(plain):
        yield found["name"] + (found["where"] or "").replace(", ", ",")


@asynccontextmanager
async def at_work(database_url, folder):
    """An API, a scheduler and a worker with jobs, webhooks, schedules and listeners, watched."""
    servers = Servers(folder / "valkey", postgres=False, throwaway=True)
    await servers.start()
    assert servers.valkey
    ports = {role: free_port() for role in ("api", "scheduler", "worker", "prometheus")}
    url = f"http://127.0.0.1:{ports['api']}"
    targets = {f"taskforge-{role}": [f"127.0.0.1:{ports[role]}"] for role in ports.keys() - {
        "prometheus"}}  # fmt: skip
    try:
        async with receiving() as receiver:
            more = {"DRAIN_SECONDS": "1", "RATE_LIMIT_REQUESTS": "100000",
                    "OUTBOUND_ALLOWED_HOSTS": f"127.0.0.1:{receiver.port}"}  # fmt: skip
            env = environment(database_url, servers.valkey.url(0), folder)
            env |= FAST_CLOCK | JOBS | more
            async with open_deps(load(env), load_types([])) as deps:
                await create_user(deps, username="olga", email="olga@example.com",
                                  password=PASSWORD, role=Role.ADMIN)  # fmt: skip
            with ExitStack() as exits:
                output = exits.enter_context((folder / "output").open("w"))
                for role in ("api", "scheduler", "worker"):
                    words = ("--port", str(ports["api"])) if role == "api" else ()
                    start(exits, (sys.executable, *TASKFORGE, role, *words),
                          env | {"METRICS_PORT": str(ports[role])}, output)  # fmt: skip
                (folder / "prometheus").mkdir()
                async with open_prometheus(
                    folder / "prometheus", ports["prometheus"], targets
                ) as prometheus, httpx.AsyncClient(base_url=f"{url}/api/v1", trust_env=False,
                                                   timeout=30) as client:  # fmt: skip
                    await ready(client, url)
                    working = asyncio.create_task(work(client, url, receiver.url()))
                    try:
                        yield prometheus
                    finally:
                        working.cancel()
                        with suppress(asyncio.CancelledError):
                            await working  # what went wrong there is why nothing was found
    finally:
        await servers.stop()


async def work(client, url, webhook_url):
    """Give it something of everything, again and again: a rate is made of two looks."""
    token = await sign_in(client)
    client.headers["Authorization"] = f"Bearer {token}"
    await ask(client, "PATCH", "/job-types/patience", {"concurrency_limit": 0})
    for held_or_long in ("patience", "pause"):
        await ask(client, "POST", "/jobs", {"type": held_or_long, "payload": {"seconds": 600}})
    template = {"type": "noop", "payload": {}}
    schedule = {"name": "often", "cron": "* * * * * *", "timezone": "UTC", "template": template}
    await ask(client, "POST", "/schedules", schedule)
    async with connect(f"ws{url[4:]}/ws?token={token}") as socket:
        reading = asyncio.create_task(read_all(socket))
        try:
            while True:
                await client.post("/auth/login", json={"username": "nobody", "password": PASSWORD})
                async with connect(f"ws{url[4:]}/ws?token={token}"):
                    pass
                for type, payload in (("say", {"value": 1}), ("refuse", {})):
                    job = {"type": type, "payload": payload, "webhook_url": webhook_url}
                    await ask(client, "POST", "/jobs", job)
                await asyncio.sleep(0.5)  # the pace of the work, not a wait for anything
        finally:
            reading.cancel()


async def sign_in(client):
    body = {"username": "olga", "password": PASSWORD}
    return (await ask(client, "POST", "/auth/login", body))["access_token"]


async def ask(client, method, path, body):
    answer = await client.request(method, path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def read_all(socket):
    async for _ in socket:
        pass
