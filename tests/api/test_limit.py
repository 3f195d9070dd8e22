"""Rate limits as clients meet them: by principal, by address, with headers (SPEC §3, S-16)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import msgspec
import pytest
from litestar import Litestar
from sqlalchemy import text

from taskforge.api.app import create_app
from taskforge.config import Settings
from taskforge.flows.deps import Deps
from tests.api.conftest import http_client, living
from tests.api.orders import ORDER

ME = "/api/v1/auth/me"
BULK = "/api/v1/jobs/bulk"
QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


def limits(settings: Settings, *, requests: int = 120, bulk: int = 10_000, **more: Any) -> Settings:
    return msgspec.structs.replace(
        settings, rate_limit_requests=requests, rate_limit_bulk_items=bulk, **more
    )


@pytest.fixture
async def narrow(settings: Settings) -> AsyncIterator[Litestar]:
    """An application with 12 requests and 6 orders in a window."""
    async with living(create_app(limits(settings, requests=12, bulk=6))) as app:
        yield app


async def bulk(client: httpx.AsyncClient, orders: int, **more: Any) -> httpx.Response:
    later = ORDER | {"delay_seconds": 3_600}
    return await client.post(BULK, json={"jobs": [later | more] * orders})


async def test_beyond_the_limit_is_429_with_the_headers(
    settings: Settings, viewer: httpx.AsyncClient
):
    app = create_app(msgspec.structs.replace(settings, rate_limit_requests=5))
    async with living(app), http_client(app, **viewer.headers) as client:
        answers = await asyncio.gather(*(client.get(ME) for _ in range(8)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 5 + [429] * 3
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem, wait = refused.json(), int(refused.headers["retry-after"])
    assert refused.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["type"]) == ("rate_limited", QUOTA_EXCEEDED)
    assert problem["violated-policies"] == ["default"]
    assert problem["detail"] == f"More than 5 requests in 60 seconds; try again in {wait} seconds."
    assert 1 <= wait <= 61
    assert refused.headers["ratelimit-policy"] == '"default";q=5;w=60'
    assert refused.headers["ratelimit"] == f'"default";r=0;t={wait}'
    passed = next(answer for answer in answers if answer.status_code == 200)
    assert passed.headers["ratelimit-policy"] == '"default";q=5;w=60'
    assert "retry-after" not in passed.headers


async def test_two_processes_share_a_limit(settings: Settings, viewer: httpx.AsyncClient):
    narrow = msgspec.structs.replace(settings, rate_limit_requests=10)
    one, two = create_app(narrow), create_app(narrow)
    async with (
        living(one),
        living(two),
        http_client(one, **viewer.headers) as first,
        http_client(two, **viewer.headers) as second,
    ):
        answers = await asyncio.gather(*(c.get(ME) for c in (first, second) for _ in range(10)))

    assert sum(answer.status_code == 200 for answer in answers) == 10


async def test_an_account_may_have_a_limit_of_its_own(viewer: httpx.AsyncClient, deps: Deps):
    async with deps.db.connect() as connection:
        await connection.execute(text("UPDATE users SET rate_limit = 2"))

    statuses = [(await viewer.get(ME)).status_code for _ in range(3)]

    assert statuses == [200, 200, 429]


async def test_wrong_credentials_count_against_the_address(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, rate_limit_requests=3))
    async with living(app), http_client(app) as client:
        answers = [await client.get(ME) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert {it.headers["ratelimit-policy"] for it in answers} == {'"address";q=3;w=60'}
    assert [it.headers["ratelimit"] for it in answers[:3]] == [
        f'"address";r={left};t=60' for left in (2, 1, 0)
    ]
    assert answers[-1].json()["violated-policies"] == ["address"]


async def test_the_orders_of_bulk_calls_count_by_themselves(
    narrow: Litestar, operator: httpx.AsyncClient
):
    async with http_client(narrow, **operator.headers) as client:
        first, second, third = [await bulk(client, n) for n in (4, 3, 2)]
        listed = (await client.get("/api/v1/jobs/metrics/summary")).json()["total"]

    assert [answer.status_code for answer in (first, second, third)] == [200, 429, 200]
    assert first.headers["ratelimit-policy"] == '"default";q=12;w=60, "bulk";q=6;w=60'
    assert first.headers["ratelimit"] == '"default";r=11;t=60, "bulk";r=2;t=60'
    assert second.json()["violated-policies"] == ["bulk"]
    assert second.json()["detail"].startswith("More than 6 jobs in bulk calls in 60 seconds; try")
    assert second.headers["ratelimit"].startswith('"default";r=10;t=60, "bulk";r=2;t=')
    assert listed == 6  # the refused call made nothing


async def test_a_bulk_call_above_the_limit_passes_an_empty_window_and_only_that(
    narrow: Litestar, operator: httpx.AsyncClient
):
    async with http_client(narrow, **operator.headers) as client:
        big, small = await bulk(client, 50), await bulk(client, 1)

    assert (big.status_code, big.json()["created"]) == (200, 50)
    assert small.status_code == 429


async def test_repeated_orders_count_too(narrow: Litestar, operator: httpx.AsyncClient):
    async with http_client(narrow, **operator.headers) as client:
        answers = [await bulk(client, 2, idempotency_key="k") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[2].json()["replayed"] == 2


async def test_a_limit_of_ones_own_scales_that_of_bulk_calls(
    narrow: Litestar, operator: httpx.AsyncClient, deps: Deps
):
    key = {"name": "robot", "scope": {"rate_limit": 4}}
    made = (await operator.post("/api/v1/auth/api-keys", json=key)).json()["key"]
    async with deps.db.connect() as connection:
        await connection.execute(text("UPDATE users SET rate_limit = 24"))
    async with (
        http_client(narrow, **operator.headers) as client,
        http_client(narrow, **{"X-API-Key": made}) as robot,
    ):
        policies = [(await bulk(it, 1)).headers["ratelimit-policy"] for it in (client, robot)]

    assert policies == [
        '"default";q=24;w=60, "bulk";q=12;w=60',
        '"default";q=4;w=60, "bulk";q=2;w=60',
    ]


async def test_a_costly_request_passes_where_the_limit_is_below_its_cost(
    settings: Settings, operator: httpx.AsyncClient
):
    app = create_app(limits(settings, requests=2))
    async with living(app), http_client(app, **operator.headers) as client:
        path = "/api/v1/uploads?filename=a.csv"
        statuses = [(await client.post(path, content=b"a,b\n1,2\n")).status_code for _ in "ab"]

    assert statuses == [201, 429]


async def test_a_refused_event_stream_says_so(settings: Settings, viewer: httpx.AsyncClient):
    app = create_app(limits(settings, requests=1))
    async with living(app), http_client(app, **viewer.headers) as client:
        assert (await client.get(ME)).status_code == 200
        refused = await client.get("/api/v1/events")

    assert (refused.status_code, refused.json()["violated-policies"]) == (429, ["default"])
    assert refused.headers["ratelimit-policy"] == '"default";q=1;w=60'
    assert int(refused.headers["retry-after"]) >= 1


async def test_health_and_docs_are_not_limited(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, rate_limit_requests=1))
    async with living(app), http_client(app) as client:
        for path in ("/health/live", "/health/ready", "/metrics", "/api/docs", "/"):
            statuses = {(await client.get(path)).status_code for _ in range(3)}
            assert statuses == {200}, path


@pytest.mark.parametrize(
    ("hops", "seen"),
    [(0, "{}"), (0, "{}, 192.0.2.7"), (1, "{}, 192.0.2.7"), (2, "{}, 192.0.2.7, 198.51.100.2")],
    ids=["no proxy", "no proxy but a header", "one proxy", "two proxies"],
)
async def test_a_made_up_forwarding_buys_no_new_budget(settings: Settings, hops: int, seen: str):
    app = create_app(limits(settings, requests=3, trusted_proxy_hops=hops))
    async with living(app), http_client(app) as client:
        answers = [
            await client.get(ME, headers={"X-Forwarded-For": seen.format(f"203.0.113.{n}")})
            for n in range(5)
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]


async def test_the_64_of_an_ipv6_client_is_one_budget_and_its_neighbour_another(
    settings: Settings,
):
    app = create_app(limits(settings, requests=2, trusted_proxy_hops=1))
    async with living(app), http_client(app) as client:
        statuses = [
            (await client.get(ME, headers={"X-Forwarded-For": ip})).status_code
            for ip in ("2001:db8::1", "2001:db8::2:1", "2001:db8::ffff:0:0:1", "2001:db8:0:1::1")
        ]

    assert statuses == [401, 401, 429, 401]


async def test_a_refused_socket_says_so(settings: Settings, viewer: httpx.AsyncClient):
    token = viewer.headers["Authorization"].removeprefix("Bearer ")
    app = create_app(limits(settings, requests=1))
    async with living(app), http_client(app, **viewer.headers) as client:
        assert (await client.get(ME)).status_code == 200
        start, body = await handshake(app, f"token={token}")

    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert start["status"] == 429
    assert headers["ratelimit-policy"] == '"default";q=1;w=60'
    assert headers["ratelimit"] == f'"default";r=0;t={headers["retry-after"]}'
    assert msgspec.json.decode(body["body"])["violated-policies"] == ["default"]


async def handshake(app: Litestar, query: str) -> list[Any]:
    """What a client is sent that asks for a socket."""
    sent: list[Any] = []
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws",
        "server": ("testserver", 80), "client": ("192.0.2.1", 1), "root_path": "", "path": "/ws",
        "raw_path": b"/ws", "query_string": query.encode(), "subprotocols": [],
        "headers": [(b"host", b"testserver")],
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await cast("Any", app)(scope, receive, send)
    return sent
