"""Health, metrics, and what every exchange gets: an id, headers, CORS."""

from collections.abc import Awaitable, Callable

import httpx
import msgspec
from litestar import Litestar

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


async def test_redis_away_leaves_the_process_ready_and_says_so(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0"))
    async with living(app), http_client(app) as client:
        ready = await client.get("/health/ready")
        login = await client.post("/api/v1/auth/login", json={"username": "a", "password": "b"})

    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert login.status_code == 401


async def test_a_process_that_drains_is_not_ready(app: Litestar, client: httpx.AsyncClient):
    assert (await client.get("/health/ready")).json()["status"] == "ok"

    app.state["draining"] = True

    answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "draining")


async def test_a_request_id_is_taken_over_if_it_is_harmless(client: httpx.AsyncClient):
    kept = await client.get("/health/live", headers={"X-Request-ID": "my-request.42"})
    made = await client.get("/health/live", headers={"X-Request-ID": "<script>alert(1)</script>"})

    assert kept.headers["x-request-id"] == "my-request.42"
    assert "<" not in made.headers["x-request-id"]


async def test_every_answer_has_the_safe_headers(client: httpx.AsyncClient):
    for path in ("/", "/health/live", "/nowhere", "/api/v1/auth/me"):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


async def test_only_exact_origins_may_call(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, cors_origins="https://example.com"))
    ask = {"Access-Control-Request-Method": "POST"}
    async with living(app), http_client(app) as client:
        ours = await client.options(
            "/api/v1/auth/me", headers=ask | {"Origin": "https://example.com"}
        )
        theirs = await client.options(
            "/api/v1/auth/me", headers=ask | {"Origin": "https://exampleXcom"}
        )

    assert (ours.status_code, ours.headers["access-control-allow-origin"]) == (
        204,
        "https://example.com",
    )
    assert "access-control-allow-origin" not in theirs.headers


async def test_metrics_count_routes_and_not_addresses(client: httpx.AsyncClient):
    await client.get("/health/live")
    await client.get("/some/random/address")

    exposed = (await client.get("/metrics")).text

    assert 'taskforge_build_info{version="' in exposed
    assert 'route="/health/live",status_class="2xx"' in exposed
    assert "random" not in exposed
