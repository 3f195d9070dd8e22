"""Pages of other origins may call only when their origin is listed, letter by letter (S-43)."""

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest

from taskforge.api.app import create_app
from taskforge.config import BadSettings, Settings, load
from tests.api.conftest import http_client, living
from tests.api.test_errors import problem

OURS = "https://app.example.com"
LOOKALIKES = [
    "https://appXexample.com", "http://app.example.com", "https://app.example.com:8443",
    "https://app.example.com:443", "https://APP.example.com", "https://app.example.com.",
    "https://app.example.com.evil.test", "https://me@app.example.com", "https://app.example.com/",
    "https://evil.test#https://app.example.com", "null", "", "*", "https://*.example.com",
    "https://app.example.com https://evil.test", "https://app.example.com, https://evil.test",
]  # fmt: skip
PREFLIGHT = {"Access-Control-Request-Method": "POST"}


@pytest.fixture
async def open_to_ours(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    changed = msgspec.structs.replace(settings, cors_origins=f"{OURS}, https://other.example.com")
    app = create_app(changed)
    async with living(app), http_client(app) as client:
        yield client


async def test_a_listed_origin_may_call_with_credentials(open_to_ours: httpx.AsyncClient):
    answer = await open_to_ours.get("/health/live", headers={"Origin": OURS})

    assert answer.headers["access-control-allow-origin"] == OURS
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "x-request-id" in answer.headers["access-control-expose-headers"]
    assert answer.headers["vary"] == "origin"


async def test_a_refusal_can_be_read_by_a_listed_origin(open_to_ours: httpx.AsyncClient):
    answer = await open_to_ours.get("/api/v1/auth/me", headers={"Origin": OURS})

    assert problem(answer, 401)
    assert answer.headers["access-control-allow-origin"] == OURS


async def test_a_listed_origin_is_told_what_it_may_send(open_to_ours: httpx.AsyncClient):
    answer = await open_to_ours.options("/api/v1/jobs", headers=PREFLIGHT | {"Origin": OURS})

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == OURS
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "idempotency-key" in answer.headers["access-control-allow-headers"]
    assert answer.headers["vary"] == "origin"


async def test_no_lookalike_is_let_in(open_to_ours: httpx.AsyncClient):
    for origin in LOOKALIKES:
        answer = await open_to_ours.get("/health/live", headers={"Origin": origin})
        asked = await open_to_ours.options("/api/v1/jobs", headers=PREFLIGHT | {"Origin": origin})

        told = [name for name in [*answer.headers, *asked.headers] if "access-control" in name]
        assert told == [], origin
        assert answer.headers["vary"] == "origin", origin
        if origin:
            assert problem(asked, 403)["code"] == "origin_refused", origin


async def test_two_origins_at_once_are_none(open_to_ours: httpx.AsyncClient):
    headers = [("Origin", "https://evil.test"), ("Origin", OURS)]

    answer = await open_to_ours.get("/health/live", headers=headers)

    assert "access-control-allow-origin" not in answer.headers


async def test_without_a_list_nobody_is_told_anything(client: httpx.AsyncClient):
    answer = await client.options("/api/v1/jobs", headers=PREFLIGHT | {"Origin": OURS})

    assert not [name for name in answer.headers if "access-control" in name]
    assert "vary" not in answer.headers


async def test_options_says_which_methods_there_are(client: httpx.AsyncClient):
    answer = await client.options("/api/v1/jobs")

    assert answer.status_code == 204
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    problem(await client.options("/nowhere"), 404)


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "https://*.example.com", "https://app.example.com/", "https://app.example.com:443",
     "http://app.example.com:80", "https://APP.example.com", "https://app.example.com.",
     "https://me@app.example.com", "app.example.com", "https://a.test#b", "https:// a.test"],
)  # fmt: skip
def test_a_setting_that_no_browser_would_send_is_a_fault(origin: str):
    with pytest.raises(BadSettings, match="CORS_ORIGINS"):
        load({"CORS_ORIGINS": f"{OURS},{origin}"})


def test_origins_of_machines_without_names_are_settings_too():
    origins = "http://localhost:3000,http://[::1]:3000,http://127.0.0.1"

    assert load({"CORS_ORIGINS": origins}).origins() == origins.split(",")
