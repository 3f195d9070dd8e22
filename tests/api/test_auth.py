"""Accounts over HTTP: register, sign in, refresh, sign out, keys, tickets (SPEC §3)."""

import asyncio

import httpx
import msgspec
import pytest

from taskforge.api.app import create_app
from taskforge.config import Settings
from taskforge.core.errors import Unauthenticated
from taskforge.flows import tickets
from taskforge.flows.deps import Deps
from tests.api.conftest import ADA, PASSWORD, http_client, living, sign_in


async def test_a_registered_account_is_a_viewer_and_shows_no_hash(client: httpx.AsyncClient):
    answer = await client.post("/api/v1/auth/register", json=ADA)

    assert answer.status_code == 201
    body = answer.json()
    assert body["role"] == "viewer"
    assert body["email"] == ADA["email"]
    assert not [key for key in body if "password" in key]


@pytest.mark.parametrize("change", [{"username": "ADA"}, {"email": "ada@example.COM"}])
async def test_a_name_or_address_in_other_letters_is_taken(
    client: httpx.AsyncClient, ada: dict[str, str], change: dict[str, str]
):
    other = {"username": "bob", "email": "bob@example.com", "password": PASSWORD}

    answer = await client.post("/api/v1/auth/register", json=other | change)

    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"password": "short"}, "/password"),
        ({"password": "ada@example.com"}, "/password"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "/password"),
        ({"username": "a@b"}, "/username"),
        ({"username": "admin\n"}, "/username"),
        ({"email": "nobody"}, "/email"),
        ({"role": "admin"}, "/role"),
    ],
)
async def test_what_cannot_be_registered_is_named(
    client: httpx.AsyncClient, change: dict[str, str], pointer: str
):
    answer = await client.post("/api/v1/auth/register", json=ADA | change)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_registration_can_be_switched_off(settings: Settings):
    app = create_app(msgspec.structs.replace(settings, allow_registration=False))
    async with living(app), http_client(app) as client:
        answer = await client.post("/api/v1/auth/register", json=ADA)

    assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.com"])
async def test_user_name_and_address_both_sign_in(
    client: httpx.AsyncClient, ada: dict[str, str], name: str
):
    answer = await sign_in(client, username=name)

    body = answer.json()
    assert answer.status_code == 200
    assert (body["token_type"], body["expires_in"]) == ("bearer", 900)
    assert body["user"]["username"] == "ada"
    me = await client.get(
        "/api/v1/auth/me", headers={"Authorization": f"Bearer {body['access_token']}"}
    )
    assert me.json() == body["user"]


async def test_wrong_passwords_and_unknown_names_get_the_same_answer(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    wrong = await sign_in(client, password="wrong password!")
    unknown = await sign_in(client, username="nobody")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() | {"instance": ""} == unknown.json() | {"instance": ""}


async def test_the_sixth_wrong_password_waits_and_the_right_one_never_counts(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    for _ in range(6):
        assert (await sign_in(client)).status_code == 200

    statuses = [(await sign_in(client, password="wrong password!")).status_code for _ in range(6)]

    assert statuses == [401, 401, 401, 401, 401, 429]


async def test_a_refresh_rotates_and_reuse_ends_the_session(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    first = {"refresh_token": ada["refresh_token"]}

    second = await client.post("/api/v1/auth/refresh", json=first)
    reused = await client.post("/api/v1/auth/refresh", json=first)
    third = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": second.json()["refresh_token"]}
    )

    assert (second.status_code, reused.status_code, third.status_code) == (200, 401, 401)
    me = await client.get(
        "/api/v1/auth/me", headers={"Authorization": f"Bearer {second.json()['access_token']}"}
    )
    assert [it.json()["code"] for it in (reused, third, me)] == ["refresh_reused"] * 3
    assert "was used twice" in me.json()["detail"]


async def test_of_twenty_refreshes_at_once_one_wins_and_the_session_ends(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    body = {"refresh_token": ada["refresh_token"]}

    answers = await asyncio.gather(
        *(client.post("/api/v1/auth/refresh", json=body) for _ in range(20))
    )

    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert {answer.status_code for answer in answers if answer not in won} == {401}
    after = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": won[0].json()["refresh_token"]}
    )
    assert after.status_code == 401


async def test_signing_out_ends_access_and_refresh(client: httpx.AsyncClient, ada: dict[str, str]):
    client.headers["Authorization"] = f"Bearer {ada['access_token']}"
    assert (await client.get("/api/v1/auth/me")).status_code == 200

    assert (await client.post("/api/v1/auth/logout")).status_code == 204

    assert (await client.get("/api/v1/auth/me")).status_code == 401
    refreshed = await client.post(
        "/api/v1/auth/refresh", json={"refresh_token": ada["refresh_token"]}
    )
    assert refreshed.status_code == 401


async def test_a_cookie_session_hides_the_refresh_token(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    answer = await sign_in(client, session="cookie")

    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/api/v1/auth" in cookie


async def test_a_cookie_refreshes_only_with_our_header_and_from_our_origin(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    await sign_in(client, session="cookie")
    ours = {"X-Taskforge-Session": "1"}

    bare = await client.post("/api/v1/auth/refresh", json={})
    foreign = await client.post(
        "/api/v1/auth/refresh", json={}, headers=ours | {"Origin": "https://evil.example"}
    )
    good = await client.post(
        "/api/v1/auth/refresh", json={}, headers=ours | {"Origin": "http://testserver"}
    )

    assert (bare.status_code, foreign.status_code) == (403, 403)
    assert good.status_code == 200
    assert good.json()["refresh_token"] is None
    assert "set-cookie" in good.headers


async def test_an_api_key_works_until_it_is_replaced_or_revoked(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient
):
    first = (await viewer.post("/api/v1/auth/api-key")).json()
    assert set(first) == {"id", "key", "prefix", "created_at"}

    async def status(key: str) -> int:
        return (await client.get("/api/v1/auth/me", headers={"X-API-Key": key})).status_code

    assert await status(first["key"]) == 200
    second = (await viewer.post("/api/v1/auth/api-key")).json()
    assert (await status(first["key"]), await status(second["key"])) == (401, 200)
    assert (await viewer.delete("/api/v1/auth/api-key")).status_code == 204
    assert await status(second["key"]) == 401


async def test_a_key_cannot_make_keys_or_change_the_password(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient
):
    client.headers["X-API-Key"] = (await viewer.post("/api/v1/auth/api-key")).json()["key"]
    change = {"current_password": PASSWORD, "new_password": "another fine password"}

    made = await client.post("/api/v1/auth/api-key")
    changed = await client.patch("/api/v1/auth/me", json=change)

    assert (made.status_code, changed.status_code) == (403, 403)


async def test_a_ticket_is_good_once(viewer: httpx.AsyncClient, deps: Deps):
    made = (await viewer.post("/api/v1/ws-ticket")).json()

    principal = await tickets.take_ticket(deps, made["ticket"])

    assert (principal.username, made["expires_in"]) == ("viewer", 30)
    with pytest.raises(Unauthenticated):
        await tickets.take_ticket(deps, made["ticket"])


async def test_a_ticket_of_an_ended_session_lets_nobody_in(viewer: httpx.AsyncClient, deps: Deps):
    made = (await viewer.post("/api/v1/ws-ticket")).json()
    await viewer.post("/api/v1/auth/logout")

    with pytest.raises(Unauthenticated):
        await tickets.take_ticket(deps, made["ticket"])


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "register"), ("POST", "login"), ("POST", "refresh"), ("PATCH", "me"),
     ("POST", "api-keys")],
)  # fmt: skip
async def test_auth_routes_take_four_kibibytes(viewer: httpx.AsyncClient, method: str, path: str):
    answer = await viewer.request(method, f"/api/v1/auth/{path}", json={"name": "x" * 5_000})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
