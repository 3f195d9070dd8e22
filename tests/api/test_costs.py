"""What a request pays for being known and counted: no statement, and one round trip to Redis."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event

from taskforge.bus.client import open_client
from taskforge.flows.deps import Deps
from tests.api.conftest import http_client
from tests.api.orders import ORDER

CHECK = "/api/v1/job-types/data_processing/check"
TRIAL = {"payload": ORDER["payload"]}
"""Neither server is needed for the answer."""


@contextmanager
def statements(deps: Deps) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(deps.db.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(deps.db.sync_engine, "before_cursor_execute", note)


async def commands(deps: Deps, client: httpx.AsyncClient, requests: int) -> list[str]:
    """The commands that reach our logical database of Redis while the requests are made."""
    database = deps.redis.connection_pool.connection_kwargs["db"]
    seen: list[str] = []
    async with open_client(deps.settings) as watcher, watcher.monitor() as monitor:
        for _ in range(requests):
            assert (await client.post(CHECK, json=TRIAL)).status_code == 200
        await deps.redis.echo("over")
        while True:
            one = await monitor.next_command()
            if one["command"] == "ECHO over":
                return seen
            if one["db"] == database and one["client_type"] != "lua":
                seen.append(one["command"].split()[0])


@pytest.mark.parametrize("kind", ["access token", "API key"])
async def test_a_known_credential_costs_no_statement_and_one_command(
    app: Litestar, deps: Deps, viewer: httpx.AsyncClient, kind: str
):
    given = dict(viewer.headers)
    if kind == "API key":
        made = await viewer.post("/api/v1/auth/api-key")
        given = {"X-API-Key": made.json()["key"]}
    async with http_client(app, **given) as client:
        with statements(deps) as cold:
            assert (await client.post(CHECK, json=TRIAL)).status_code == 200
        with statements(deps) as warm:
            asked = await commands(deps, client, requests=3)

    assert len(cold) <= 1
    assert warm == []
    assert asked == ["EVALSHA"] * 3
