"""Every failure is a problem document with the right status, and gives nothing away."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from redis.exceptions import ConnectionError as RedisAway
from sqlalchemy import text

from taskforge.api.auth import DepsHere, anyone
from taskforge.config import Settings
from taskforge.core.errors import Conflict, Fault, Invalid, NotFound, Unavailable
from taskforge.core.job import JobOrder
from taskforge.log import bound
from tests.api.conftest import built, http_client, living

ORDER = {"type": "data_processing", "payload": {"rows": 5}}


@post("/orders", guards=[anyone])
async def take_order(data: JSONBody[JobOrder]) -> JobOrder:
    return data


@get("/orders/{order_id:uuid}", guards=[anyone])
async def get_order(order_id: FromPath[UUID], limit: FromQuery[int] = 50) -> int:
    raise NotFound(f"No order {order_id}.")


HAPPENED = re.compile(r"Traceback|File \"|site-packages|SELECT|taskforge/|line \d+|0\.1\.0")
"""What would tell about the inside."""

FAILURES: dict[str, Exception] = {
    "conflict": Conflict("It runs.", code="job_running"),
    "invalid": Invalid("Two faults.", faults=[Fault("/a/0", "bad"), Fault("", "worse")]),
    "away": Unavailable("Not now.", retry_after=2.2),
    "redis": RedisAway("redis at secret-host refused"),
    "bug": ZeroDivisionError("secret detail"),
    "os": ConnectionRefusedError("secret-host:5432"),
}


@get("/fail/{how:str}", guards=[anyone])
async def fail(how: FromPath[str]) -> None:
    raise FAILURES[how]


@get("/slow", guards=[anyone])
async def slow(deps: DepsHere) -> None:
    async with deps.db.connect() as connection:
        await connection.execute(text("SET statement_timeout = 20"))
        await connection.execute(text("SELECT pg_sleep(5)"))


@get("/bad-sql", guards=[anyone])
async def bad_sql(deps: DepsHere) -> None:
    async with deps.db.connect() as connection:
        await connection.execute(text("SELECT secret FROM nowhere"))


@pytest.fixture
async def api(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = built(settings, extra=(take_order, get_order, fail, slow, bad_sql))
    async with living(app), http_client(app) as client:
        yield client


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The document of a failed answer, checked for what all of them have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "code", "errors"}
    assert body["status"] == status
    assert body["type"] == f"/api/docs/problems#{body['code']}"
    assert body["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    return body


async def send(api: httpx.AsyncClient, body: bytes, media: str = "application/json"):
    return await api.post("/api/v1/orders", content=body, headers={"Content-Type": media})


def order(payload: str) -> bytes:
    return b'{"type":"data_processing","payload":%s}' % payload.encode("utf-8", "surrogatepass")


BAD: dict[str, tuple[int, bytes]] = {
    "nothing": (400, b""),
    "not JSON": (400, b"{"),
    "byte order mark": (400, b"\xef\xbb\xbf" + b'{"type":"x"}'),
    "UTF-16": (400, '{"type":"x"}'.encode("utf-16")),
    "white space": (400, b" \n\t"),
    "trailing data": (400, b'{"type":"x"} {}'),
    "not UTF-8": (400, b'{"type":"\xff"}'),
    "encoded surrogate": (400, order('{"a":"\ud800"}')),
    "NaN": (400, order('{"a":NaN}')),
    "infinity": (400, order('{"a":-Infinity}')),
    "lone surrogate": (400, order(r'{"a":"\ud800"}')),
    "low surrogate first": (400, order(r'{"a":"\udc00\ud800"}')),
    "duplicate key": (400, order('{"a":1,"a":2}')),
    "duplicate key, hidden colon": (400, order(r'{"a":1,"a":2,"b":"\u003a"}')),
    "duplicate key, escaped": (400, order(r'{"a":1,"\u0061":2}')),
    "duplicate field": (400, b'{"type":"a","type":"b"}'),
    "NUL": (422, order(r'{"a":"\u0000"}')),
    "NUL in a key": (422, order(r'{"\u0000":1}')),
    "huge exponent": (422, order('{"a":1e131071}')),
    "beyond a double": (422, order('{"a":1e400}')),
    "beyond 64 bits": (422, order('{"a":18446744073709551616}')),
    "five thousand digits": (422, order("9" * 5_000)),
    "depth 33": (422, order("[" * 33 + "]" * 33)),
    "depth 100,000": (422, order("[" * 100_000 + "]" * 100_000)),
    "10,001 values": (422, order("[" + "0," * 10_000 + "0]")),
    "long string": (422, order('{"a":"' + "x" * 65_537 + '"}')),
    "long string with quotes": (422, order('{"a":"' + r"\"" * 65_537 + '"}')),
    "long key": (422, order('{"' + "x" * 65_537 + '":1}')),
    "a list": (422, b"[]"),
    "a string": (422, b'"x"'),
    "no type": (422, b"{}"),
    "wrong type of a field": (422, b'{"type":5}'),
    "wrong enum": (422, b'{"type":"x","priority":"urgent"}'),
    "number as text": (422, b'{"type":"x","max_retries":"3"}'),
    "unknown field": (422, b'{"type":"x","status":"success"}'),
    "beyond 1 MiB": (413, b'{"type":"' + b"x" * 1_048_576 + b'"}'),
}


@pytest.mark.parametrize(("status", "body"), BAD.values(), ids=BAD)
async def test_a_bad_body_is_a_problem(api: httpx.AsyncClient, status: int, body: bytes):
    problem(await send(api, body), status)


async def test_a_good_body_arrives_as_it_was_sent(api: httpx.AsyncClient):
    payload = {"a": 'é😀\\"', "b": [1.5, -(2**63), 2**64 - 1, None, True], "c:d": {"": "\\u0000"}}

    answer = await send(api, json.dumps(ORDER | {"payload": payload}).encode())

    assert answer.status_code == 201
    assert answer.json()["payload"] == payload


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"{}", "/type"),
        (b'{"type":"x","status":1}', "/status"),
        (b'{"type":"x","tags":["a",""]}', "/tags/1"),
        (b'{"type":"x","priority":"urgent"}', "/priority"),
        (b"[]", ""),
    ],
)
async def test_a_fault_is_pointed_at(api: httpx.AsyncClient, body: bytes, pointer: str):
    body_of = problem(await send(api, body), 422)

    assert [fault["pointer"] for fault in body_of["errors"]] == [pointer]


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1",
     "multipart/form-data; boundary=x", "application/jsonp"],
)  # fmt: skip
async def test_another_content_type_is_415(api: httpx.AsyncClient, media: str):
    body = problem(await send(api, b'{"type":"x"}', media), 415)

    assert body["code"] == "unsupported_media_type"


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP", "identity, gzip", "x"])
async def test_a_packed_body_is_415(api: httpx.AsyncClient, coding: str):
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}

    answer = await api.post("/api/v1/orders", content=gzip.compress(b"{}"), headers=headers)

    assert problem(answer, 415)["code"] == "unsupported_media_type"


async def test_a_body_where_none_is_expected_does_no_harm(api: httpx.AsyncClient):
    for body in (b"{", b"\x00" * 2_000_000):
        answer = await api.request("GET", "/health/live", content=body)
        assert answer.status_code == 200


async def test_utf_8_may_be_named(api: httpx.AsyncClient):
    answer = await send(api, b'{"type":"x"}', "Application/JSON; charset=UTF-8")

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("GET", "/api/v1/orders/not-a-uuid", 404),
        ("PUT", "/api/v1/orders", 405),
        ("GET", "/api/v1/orders/01a205e8-d031-7390-9e56-15a28f9d60d7?limit=many", 422),
        ("GET", "/%00", 404),
        ("GET", "/api/v1/%00", 404),
        ("GET", "/api/v1/jobs/%00", 404),
        ("GET", "/%ff%fe", 404),
        ("GET", "/%zz%", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET", "/api/v1/../../secret", 404),
        ("GET", "/\u00e9\u4e2d\U0001f600", 404),
        ("GET", "/" + "a" * 10_000, 404),
        ("GET", "/api/v1/" + "a/" * 5_000, 404),
        ("TRACE", "/api/v1/orders", 405),
        ("PROPFIND", "/api/v1/orders", 405),
        ("PROPFIND", "/nowhere", 404),
        ("POST", "/", 405),
        ("GET", "/api/docs/assets/..%2f..%2fsecret", 404),
    ],
)
async def test_what_is_not_there_is_a_problem(
    api: httpx.AsyncClient, method: str, path: str, status: int
):
    problem(await api.request(method, path), status)


async def test_a_bad_parameter_is_named(api: httpx.AsyncClient):
    path = "/api/v1/orders/01a205e8-d031-7390-9e56-15a28f9d60d7?limit=many"

    body = problem(await api.get(path), 422)

    assert body["errors"][0]["parameter"] == "limit"


async def test_a_wrong_method_is_told_the_right_ones(api: httpx.AsyncClient):
    assert (await api.put("/api/v1/orders")).headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("conflict", 409, "job_running"),
        ("invalid", 422, "invalid"),
        ("away", 503, "unavailable"),
        ("redis", 503, "unavailable"),
        ("os", 503, "unavailable"),
        ("bug", 500, "internal"),
    ],
)
async def test_an_error_becomes_its_problem_and_keeps_its_secrets(
    api: httpx.AsyncClient, how: str, status: int, code: str
):
    answer = await api.get(f"/api/v1/fail/{how}")

    assert problem(answer, status)["code"] == code
    assert "secret" not in answer.text
    assert not HAPPENED.search(answer.text)
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_an_unexpected_error_is_logged_under_the_id_that_was_told(api: httpx.AsyncClient):
    headers = {"X-Request-ID": "find-me-in-the-log.1"}
    with structlog.testing.capture_logs([lambda _, __, event: {**bound(), **event}]) as logs:
        answer = await api.get("/api/v1/fail/bug", headers=headers)

    assert problem(answer, 500)["instance"] == "urn:request:find-me-in-the-log.1"
    failed = [log for log in logs if log["event"] == "request.failed"]
    assert [log["request_id"] for log in failed] == ["find-me-in-the-log.1"]
    assert isinstance(failed[0]["exc_info"], ZeroDivisionError)


async def test_seconds_to_wait_are_rounded_up(api: httpx.AsyncClient):
    assert (await api.get("/api/v1/fail/away")).headers["retry-after"] == "3"


async def test_a_statement_that_takes_too_long_is_503(api: httpx.AsyncClient):
    answer = await api.get("/api/v1/slow")

    assert problem(answer, 503)["code"] == "unavailable"


async def test_a_wrong_statement_is_500_without_its_text(api: httpx.AsyncClient):
    answer = await api.get("/api/v1/bad-sql")

    problem(answer, 500)
    assert "nowhere" not in answer.text
