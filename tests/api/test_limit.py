"""Rate limits as clients meet them: by principal, by address, with headers (SPEC §3, S-16)."""

import asyncio

import httpx
import msgspec
import pytest
from sqlalchemy import text

from taskforge.api.app import create_app
from taskforge.api.clients import client_ip, network_of
from taskforge.config import Settings
from taskforge.flows.deps import Deps
from tests.api.conftest import http_client, living

ME = "/api/v1/auth/me"


async def test_beyond_the_limit_is_429_with_the_headers(
    settings: Settings, viewer: httpx.AsyncClient
):
    app = create_app(msgspec.structs.replace(settings, rate_limit_requests=5))
    async with living(app), http_client(app, **viewer.headers) as client:
        answers = await asyncio.gather(*(client.get(ME) for _ in range(8)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] * 5 + [429] * 3
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert refused.headers["ratelimit-policy"] == '"default";q=5;w=60'
    assert refused.headers["ratelimit"].startswith('"default";r=0;t=')


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
        statuses = [(await client.get(ME)).status_code for _ in range(5)]

    assert statuses == [401, 401, 401, 429, 429]


async def test_health_and_docs_are_not_limited(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, rate_limit_requests=1))
    async with living(app), http_client(app) as client:
        for path in ("/health/live", "/health/ready", "/metrics", "/api/docs", "/"):
            statuses = {(await client.get(path)).status_code for _ in range(3)}
            assert statuses == {200}, path


def asked(peer: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", entry.encode()) for entry in forwarded]
    return {"client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(
    ("hops", "peer", "forwarded", "expected"),
    [
        (0, "192.0.2.1", (), "192.0.2.1"),
        (0, "192.0.2.1", ("203.0.113.9",), "192.0.2.1"),
        (1, "192.0.2.1", ("203.0.113.9",), "203.0.113.9"),
        (1, "192.0.2.1", ("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
        (2, "192.0.2.1", ("1.1.1.1, 203.0.113.9", "198.51.100.2"), "203.0.113.9"),
        (2, "192.0.2.1", ("203.0.113.9",), "192.0.2.1"),
        (1, "192.0.2.1", ("'; DROP TABLE",), "192.0.2.1"),
        (1, None, ("203.0.113.9",), "203.0.113.9"),
        (0, None, (), "unknown"),
    ],
)
def test_only_our_own_proxies_are_believed(
    hops: int, peer: str | None, forwarded: tuple[str, ...], expected: str
):
    assert client_ip(asked(peer, *forwarded), hops) == expected


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("garbage", "unknown"),
    ],
)
def test_an_ipv6_client_is_its_64(ip: str, network: str):
    assert network_of(ip) == network
