"""Health, metrics, and what every exchange gets: an id, headers."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import event

from taskforge.api.app import create_app
from taskforge.config import Settings
from tests.api.conftest import http_client, living


async def test_a_database_that_is_away_is_503_everywhere(settings: Settings):
    url = "postgresql://nobody@127.0.0.1:1/none"
    app = create_app(msgspec.structs.replace(settings, database_url=url))
    async with living(app), http_client(app) as client:
        login = await client.post("/api/v1/auth/login", json={"username": "a", "password": "b"})
        ready = await client.get("/health/ready")
        live = await client.get("/health/live")

    assert login.json()["code"] == "unavailable"
    assert login.status_code == 503
    assert login.headers["retry-after"]
    assert (ready.status_code, ready.json()["status"]) == (503, "failing")
    assert live.status_code == 200


async def test_a_database_behind_the_code_is_not_ready(
    settings: Settings, make_database: Callable[..., Awaitable[str]]
):
    empty = await make_database(empty=True)
    app = create_app(msgspec.structs.replace(settings, database_url=empty))
    async with living(app), http_client(app) as client:
        ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()["checks"]["database"]["status"]) == (503, "behind")


async def test_a_database_ahead_of_the_code_is_served_by_the_release_before(
    settings: Settings, make_database: Callable[..., Awaitable[str]]
):
    ahead = await make_database()
    database = await asyncpg.connect(ahead)
    await database.execute("UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    app = create_app(msgspec.structs.replace(settings, database_url=ahead))
    async with living(app), http_client(app) as client:
        ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()["status"]) == (200, "ok")


async def test_redis_away_leaves_the_process_ready_and_says_so(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0"))
    async with living(app), http_client(app) as client:
        ready = await client.get("/health/ready")
        login = await client.post("/api/v1/auth/login", json={"username": "a", "password": "b"})

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert login.status_code == 401


async def test_a_process_that_drains_is_not_ready(app: Litestar, client: httpx.AsyncClient):
    assert (await client.get("/health/ready")).json()["status"] == "ok"

    app.state["health"].draining = True

    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")


async def test_a_request_id_is_taken_over_if_it_is_harmless(client: httpx.AsyncClient):
    kept = await client.get("/health/live", headers={"X-Request-ID": "my-request.42"})
    made = await client.get("/health/live", headers={"X-Request-ID": "<script>alert(1)</script>"})

    assert kept.headers["x-request-id"] == "my-request.42"
    assert "<" not in made.headers["x-request-id"]


@pytest.mark.parametrize(
    "given",
    ["short", "x" * 129, "a\tb-and-more", "{request_id}", "../../../etc", "\x1b[31mred-and-more"],
    ids=["short", "long", "tab", "template", "path", "escape"],
)
async def test_a_request_id_that_could_forge_a_log_line_is_replaced(
    client: httpx.AsyncClient, given: str
):
    answer = await client.get("/nowhere", headers=[("X-Request-ID", given)])

    assert given not in answer.json()["instance"]
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


async def test_every_answer_has_the_safe_headers(client: httpx.AsyncClient):
    for path in ("/", "/health/live", "/nowhere", "/api/v1/auth/me"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["server"] == "taskforge"
        assert not {"access-control-allow-origin", "strict-transport-security"} & set(headers)


async def test_an_answer_for_programs_allows_a_browser_nothing(client: httpx.AsyncClient):
    answer = await client.get("/nowhere")

    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


async def test_production_binds_browsers_to_tls(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, environment="production"))
    async with living(app), http_client(app) as client:
        answer = await client.get("/health/live")

    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_head_tells_what_get_would_without_the_body(client: httpx.AsyncClient):
    for path in ("/", "/health/live", "/nowhere", "/api/v1/auth/me"):
        told, shown = await client.head(path), await client.get(path)
        assert told.status_code == shown.status_code
        assert told.headers["content-length"] == str(len(shown.content))
        assert told.content == b""


async def test_a_socket_without_an_upgrade_is_told_to_upgrade(client: httpx.AsyncClient):
    for path in ("/ws", "/api/v1/ws"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (426, "upgrade_required")
        assert answer.headers["upgrade"] == "websocket"


TOKEN = "probe-token-of-a-test-4f81"


async def test_the_probe_token_guards_metrics_and_details(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, probe_token=TOKEN))
    async with living(app), http_client(app) as client:
        told = {"Authorization": f"Bearer {TOKEN}"}
        for headers in ({}, {"Authorization": TOKEN}, {"Authorization": "Bearer wrong-é"}):
            raw = httpx.Headers(headers, encoding="latin-1")
            assert (await client.get("/metrics", headers=raw)).status_code == 401
            ready = await client.get("/health/ready", headers=raw)
            assert (ready.status_code, ready.json()) == (200, {"status": "ok", "checks": {}})
        assert (await client.get("/health/live")).status_code == 200
        assert "taskforge_build_info" in (await client.get("/metrics", headers=told)).text
        ready = await client.get("/health/ready", headers=told)
        assert set(ready.json()["checks"]) == {"database", "redis"}


async def test_many_who_ask_for_readiness_share_one_check(app: Litestar, client: httpx.AsyncClient):
    asked = Counter[str]()

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked[statement] += 1

    engine = app.state["deps"].db.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    answers = await asyncio.gather(*(client.get("/health/ready") for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert asked["SELECT version_num FROM alembic_version"] < 10


async def test_nothing_in_the_environment_turns_debugging_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LITESTAR_DEBUG", "1")
    monkeypatch.setenv("LITESTAR_PDB", "1")

    app = create_app(settings)

    assert (app.debug, app.pdb_on_exception) == (False, False)


async def test_metrics_count_routes_and_not_addresses(client: httpx.AsyncClient):
    await client.get("/health/live")
    await client.get("/some/random/address")

    exposed = (await client.get("/metrics")).text

    assert 'taskforge_build_info{role="api",version="' in exposed
    assert 'route="/health/live",status_class="2xx"' in exposed
    assert "random" not in exposed
