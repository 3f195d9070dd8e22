"""Refreshing: once for each token, again for a lost answer, and what reuse does (S-03)."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from taskforge.core.people import Role
from taskforge.flows import accounts
from taskforge.flows.deps import Deps
from tests.api.conftest import PASSWORD, http_client

NONCE = "Jd7-lost+answer/nonce"
REFRESH = "/api/v1/auth/refresh"


@pytest.fixture
async def ada(client: httpx.AsyncClient, deps: Deps) -> dict[str, str]:
    """Ada's tokens."""
    await accounts.create_user(
        deps, username="ada", email="ada@example.com", password=PASSWORD, role=Role.VIEWER
    )
    return await sign_in(client)


async def sign_in(client: httpx.AsyncClient) -> dict[str, str]:
    body = {"username": "ada", "password": PASSWORD}
    return (await client.post("/api/v1/auth/login", json=body)).json()


async def refresh(client: httpx.AsyncClient, token: str, nonce: str | None = None) -> Any:
    return await client.post(REFRESH, json={"refresh_token": token, "nonce": nonce})


async def test_a_lost_answer_is_given_once_more_for_the_same_nonce(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    first = await refresh(client, ada["refresh_token"], NONCE)
    again = await refresh(client, ada["refresh_token"], NONCE)
    following = await refresh(client, again.json()["refresh_token"])

    assert [it.status_code for it in (first, again, following)] == [200, 200, 200]
    assert again.json()["refresh_token"] == first.json()["refresh_token"]
    assert following.json()["refresh_token"] != first.json()["refresh_token"]


@pytest.mark.parametrize("case", ["other nonce", "no nonce", "third time", "successor used"])
async def test_anything_else_is_reuse_and_ends_the_session(
    client: httpx.AsyncClient, ada: dict[str, str], case: str
):
    old = ada["refresh_token"]
    following = (await refresh(client, old, NONCE)).json()["refresh_token"]
    if case == "third time":
        await refresh(client, old, NONCE)
    if case == "successor used":
        following = (await refresh(client, following)).json()["refresh_token"]
    given = {"other nonce": NONCE[::-1], "no nonce": None}.get(case, NONCE)

    answer = await refresh(client, old, given)

    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_reused")
    after = await refresh(client, following)
    assert (after.status_code, after.json()["code"]) == (401, "refresh_reused")


async def test_a_lost_answer_is_not_given_after_ten_seconds(
    client: httpx.AsyncClient, ada: dict[str, str], deps: Deps
):
    await refresh(client, ada["refresh_token"], NONCE)
    async with deps.db.connect() as connection:
        late = "UPDATE refresh_tokens SET used_at = used_at - interval '11 s'"
        await connection.execute(text(late))

    answer = await refresh(client, ada["refresh_token"], NONCE)

    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_reused")


async def test_a_lost_answer_of_an_ended_session_stays_lost(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    pair = (await refresh(client, ada["refresh_token"], NONCE)).json()
    mine = {"Authorization": f"Bearer {pair['access_token']}"}
    await client.post("/api/v1/auth/logout", headers=mine)

    answer = await refresh(client, ada["refresh_token"], NONCE)

    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_invalid")


@pytest.mark.parametrize("nonce", [None, NONCE])
async def test_twenty_refreshes_at_once_with_one_token_end_its_session(
    client: httpx.AsyncClient, ada: dict[str, str], nonce: str | None
):
    answers = await asyncio.gather(
        *(refresh(client, ada["refresh_token"], nonce) for _ in range(20))
    )

    good = [it.json()["refresh_token"] for it in answers if it.status_code == 200]
    assert len(good) == (2 if nonce else 1)
    assert len(set(good)) == 1
    assert [it.status_code for it in answers].count(401) == 20 - len(good)
    after = await refresh(client, good[0])
    assert (after.status_code, after.json()["code"]) == (401, "refresh_reused")


@pytest.mark.parametrize("nonce", ["short", "x" * 129, "with a space in it", "ümläute sind nichts"])
async def test_a_nonce_is_16_to_128_visible_characters(
    client: httpx.AsyncClient, ada: dict[str, str], nonce: str
):
    answer = await refresh(client, ada["refresh_token"], nonce)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/nonce"
    assert (await refresh(client, ada["refresh_token"])).status_code == 200


async def test_the_owner_and_the_trail_are_told_of_reuse(
    app: Any, client: httpx.AsyncClient, admin: httpx.AsyncClient, ada: dict[str, str]
):
    robbed = ada["refresh_token"]
    await refresh(client, robbed)
    await refresh(client, robbed)
    fresh = await sign_in(client)
    mine = {"Authorization": f"Bearer {fresh['access_token']}"}

    async with http_client(app, **mine) as owner:
        found = (await owner.get("/api/v1/auth/sessions")).json()
    trail = (await admin.get("/api/v1/audit", params={"action": "session.revoked"})).json()

    [ended] = found["ended"]
    assert ended["reason"] == "refresh_reused"
    assert ended["ip"] == "127.0.0.1"
    assert ended["user_agent"].startswith("python-httpx")
    assert ended["ended_at"] > ended["created_at"]
    assert [it["current"] for it in found["items"]] == [True]
    [deed] = trail["items"]
    assert deed["target"] == f"session:{ended['id']}"
    assert (deed["actor"], deed["after"]) == ("ada", {"reason": "refresh_reused"})


async def test_who_signs_out_is_not_told_of_it_later(
    app: Any, client: httpx.AsyncClient, ada: dict[str, str]
):
    other = await sign_in(client)
    mine = {"Authorization": f"Bearer {ada['access_token']}"}
    await client.post("/api/v1/auth/logout", headers=mine)

    async with http_client(app, Authorization=f"Bearer {other['access_token']}") as owner:
        assert (await owner.get("/api/v1/auth/sessions")).json()["ended"] == []
