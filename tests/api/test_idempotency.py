"""Every call that makes something may come twice, and makes it once (R-40 to R-44, T-58)."""

import asyncio
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.conftest import PASSWORD, http_client, living
from api.orders import ORDER
from taskforge.api.app import create_app


class Making(NamedTuple):
    """A call that makes something."""

    path: str
    body: Any
    other: Any
    """A body that asks for something else; None when there is only one thing to ask for."""
    counted: str
    """How many of these there are."""
    anonymous: bool = False
    named: bool = False
    """Whether there can be one alone of it, whoever makes it."""
    rivals: int = 12

    def __str__(self) -> str:
        return self.path.rpartition("/")[2]


MAKING = [
    Making(
        "/api/v1/jobs", ORDER, ORDER | {"priority": "low"}, "SELECT count(*) FROM jobs", rivals=100
    ),
    Making(
        "/api/v1/auth/register",
        {"username": "ada", "email": "ada@example.com", "password": PASSWORD},
        {"username": "ada", "email": "ada@example.com", "password": PASSWORD + "!"},
        "SELECT count(*) FROM users WHERE username = 'ada'",
        anonymous=True,
    ),
    Making("/api/v1/auth/api-key", None, None, "SELECT count(*) FROM api_keys"),
    Making(
        "/api/v1/auth/api-keys",
        {"name": "one"},
        {"name": "two"},
        "SELECT count(*) FROM api_keys",
    ),
    Making(
        "/api/v1/operations",
        {"action": "cancel", "filter": {"tag": "one"}},
        {"action": "cancel", "filter": {"tag": "two"}},
        "SELECT count(*) FROM operations",
    ),
    Making("/api/v1/webhooks/secret", None, None, "SELECT count(*) FROM webhook_secrets"),
    Making(
        "/api/v1/schedules",
        {"name": "nightly", "interval_seconds": 60, "template": ORDER},
        {"name": "hourly", "interval_seconds": 60, "template": ORDER},
        "SELECT count(*) FROM schedules",
        named=True,
    ),
    Making(
        "/api/v1/uploads?filename=a.csv",
        b"a,b\n1,2\n",
        b"a,b\n3,4\n",
        "SELECT count(*) FROM uploads",
        rivals=4,  # an account has four under way at once
    ),
]
CALLS = pytest.mark.parametrize("making", MAKING, ids=str)
OF_ACCOUNTS = pytest.mark.parametrize("making", [it for it in MAKING if not it.anonymous], ids=str)
OF_MANY = pytest.mark.parametrize(
    "making", [it for it in MAKING if not it.anonymous and not it.named], ids=str
)
OF_TWO_KINDS = pytest.mark.parametrize(
    "making", [it for it in MAKING if it.other and not it.anonymous], ids=str
)
KEPT_NOWHERE = {"/api/v1/ws-ticket"}
"""A ticket is a credential for half a minute: a repeat is one more."""


async def ask(client: httpx.AsyncClient, making: Making, key: str = "k", *, other: bool = False):
    body = making.other if other else making.body
    given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
    if body is None:
        given = {}
    return await client.post(making.path, headers={"Idempotency-Key": key}, **given)


async def test_every_call_that_makes_something_is_tried_here(app: Litestar):
    making = {
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "POST" in handler.http_methods and handler.status_code == 201
    }

    assert making - KEPT_NOWHERE == {it.path.partition("?")[0] for it in MAKING}


@CALLS
async def test_a_repeat_tells_the_answer_again_and_makes_nothing(operator, plain, making):
    first = await ask(operator, making)
    again = await ask(operator, making)

    assert (first.status_code, again.status_code) == (201, 200), again.text
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert again.json() == first.json()
    assert again.headers.get("location") == first.headers.get("location")
    assert await plain.fetchval(making.counted) == 1


@CALLS
async def test_another_body_under_the_same_key_is_refused(operator, plain, making):
    await ask(operator, making)
    if making.other is None:
        answer = await ask(operator, next(it for it in MAKING if it != making))
    else:
        answer = await ask(operator, making, other=True)

    if making.anonymous:  # whose key it was is nobody's business
        assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    else:
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await plain.fetchval(making.counted) == 1


@OF_MANY
async def test_a_key_belongs_to_one_account(operator, admin, plain, making):
    answers = [await ask(client, making) for client in (operator, admin)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() != answers[1].json()
    assert await plain.fetchval(making.counted) == 2


@CALLS
async def test_of_many_rivals_one_makes_it_and_all_hear_of_it(operator, plain, making):
    answers = await asyncio.gather(*(ask(operator, making) for _ in range(making.rivals)))

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409}, {a.text for a in answers if a.status_code >= 400}
    told = {answer.text for answer in answers if answer.status_code in (200, 201)}
    assert len({msgspec.json.encode(msgspec.json.decode(it)) for it in told}) == 1
    assert await plain.fetchval(making.counted) == 1


@OF_TWO_KINDS
async def test_of_rivals_with_different_bodies_one_wins(operator, plain, making):
    calls = [ask(operator, making, other=bool(n % 2)) for n in range(4)]

    answers = await asyncio.gather(*calls)

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(201) == 1
    assert set(statuses) <= {200, 201, 409, 422}
    assert await plain.fetchval(making.counted) == 1


@OF_MANY
async def test_rivals_at_the_end_of_a_key_make_one_new_thing(operator, plain, making):
    await ask(operator, making)
    await plain.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 s'")

    answers = await asyncio.gather(*(ask(operator, making) for _ in range(4)))

    assert [answer.status_code for answer in answers].count(201) == 1
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert await plain.fetchval(making.counted) == 2


@OF_TWO_KINDS
async def test_a_refused_call_leaves_its_key_free(operator, making):
    refused = await operator.post(
        making.path.partition("?")[0],
        content=b"\xff" if "uploads" in making.path else b"[]",
        headers={"Idempotency-Key": "k", "Content-Type": "application/json"},
    )
    answer = await ask(operator, making)

    assert (refused.status_code // 100, answer.status_code) == (4, 201)


@OF_ACCOUNTS
async def test_what_is_kept_of_an_answer_cannot_be_read_in_the_database(operator, plain, making):
    answer = await ask(operator, making)

    kept = await plain.fetchval("SELECT coalesce(answer, '') FROM idempotency_keys")

    secrets = [it for name, it in answer.json().items() if name in ("key", "secret", "filename")]
    assert all(secret not in kept for secret in secrets)


async def test_after_a_change_of_secret_a_key_makes_nothing_new(operator, settings, plain):
    making = next(it for it in MAKING if it.path.endswith("api-keys"))
    await ask(operator, making)
    rotated = msgspec.structs.replace(settings, secret_key="r" * 40)

    token = operator.headers["Authorization"]
    async with living(create_app(rotated)) as app, http_client(app, Authorization=token) as client:
        answer = await ask(client, making)

    # Fingerprints are under the old secret as well, so it cannot even be told to be a repeat.
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await plain.fetchval(making.counted) == 1


@CALLS
async def test_a_malformed_key_is_refused_before_anything_is_made(operator, plain, making):
    answer = await ask(operator, making, key="two words")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    assert await plain.fetchval(making.counted) == 0


async def test_a_key_of_any_length_that_is_allowed_works(operator):
    making = MAKING[3]
    key = (uuid4().hex * 8)[:255]

    assert [(await ask(operator, making, key)).status_code for _ in "ab"] == [201, 200]
