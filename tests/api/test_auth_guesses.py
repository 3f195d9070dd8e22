"""Guessing and hashing over HTTP: who waits, and who does not (S-06 to S-08)."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from prometheus_client import REGISTRY
from sqlalchemy import text

from taskforge.api.app import create_app
from taskforge.config import Settings
from taskforge.core.people import Role
from taskforge.flows import accounts, tokens
from taskforge.flows.deps import Deps
from taskforge.flows.guesses import Place, sign_in_ladders
from tests.api.conftest import PASSWORD, living

LOGIN = "/api/v1/auth/login"
WRONG = "not the right password"


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    """Behind a proxy, so that requests can come from anywhere, and as many as it takes."""
    many = msgspec.structs.replace(settings, trusted_proxy_hops=1, rate_limit_requests=10_000)
    async with living(create_app(many)) as app:
        yield app


@pytest.fixture
async def ada(deps: Deps) -> accounts.Account:
    return await accounts.create_user(
        deps, username="ada", email="ada@example.com", password=PASSWORD, role=Role.VIEWER
    )


async def sign_in(
    client: httpx.AsyncClient, password: str = PASSWORD, *, ip: str = "192.0.2.1", **more: Any
) -> httpx.Response:
    body = {"username": "ada", "password": password, **more}
    return await client.post(LOGIN, json=body, headers={"X-Forwarded-For": ip})


async def climb(deps: Deps, tries: int, *, network: str = "198.51.100.1") -> None:
    """As many wrong passwords for Ada, without the hashing."""
    place = Place(network, network)
    for _ in range(tries):
        await deps.delays.wrong(sign_in_ladders("ada", place))


async def test_from_the_fifth_wrong_password_on_one_place_waits_and_others_do_not(
    client: httpx.AsyncClient, ada: accounts.Account
):
    wrong = [(await sign_in(client, WRONG)).status_code for _ in range(5)]
    waiting = await sign_in(client)
    elsewhere = await sign_in(client, ip="192.0.2.2")

    assert wrong == [401] * 5
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_guesses")
    assert waiting.headers["retry-after"] == "1"
    assert elsewhere.status_code == 200


async def test_a_right_password_makes_the_wrong_ones_forgotten(
    client: httpx.AsyncClient, ada: accounts.Account
):
    for _ in range(2):
        wrong = [(await sign_in(client, WRONG)).status_code for _ in range(4)]
        assert (wrong, (await sign_in(client)).status_code) == ([401] * 4, 200)


async def test_a_crowd_of_guessers_delays_strangers_by_30_s_at_most_and_acquaintances_not(
    client: httpx.AsyncClient, deps: Deps, ada: accounts.Account
):
    known = await sign_in(client, session="cookie")
    cookies = dict(client.cookies)
    client.cookies.clear()
    for n in range(60):
        await climb(deps, 1, network=f"198.51.100.{n}")

    stranger = await sign_in(client, ip="203.0.113.1")
    client.cookies.update(cookies)
    friend = await sign_in(client, ip="203.0.113.1")
    client.cookies.clear()
    at_home = await sign_in(client)

    assert (known.status_code, at_home.status_code) == (200, 200)
    assert (stranger.status_code, stranger.json()["code"]) == (429, "too_many_guesses")
    assert 20 < int(stranger.headers["retry-after"]) <= 30
    assert friend.status_code == 200


async def test_a_device_cookie_spares_nobody_the_wait_at_a_place(
    client: httpx.AsyncClient, deps: Deps, ada: accounts.Account
):
    await sign_in(client, session="cookie")
    await climb(deps, 8, network="192.0.2.1")

    assert (await sign_in(client)).status_code == 429


async def test_a_device_cookie_is_good_for_its_account_alone_and_opens_nothing(
    client: httpx.AsyncClient, deps: Deps, ada: accounts.Account
):
    await climb(deps, 60)
    bob = await accounts.create_user(
        deps, username="bob", email="bob@example.com", password=PASSWORD, role=Role.VIEWER
    )
    settings = deps.settings
    other = msgspec.structs.replace(settings, jwt_secret_key="k" * 40)
    made = tokens.new_device(settings, ada.id)
    tried = {
        "of another account": tokens.new_device(settings, bob.id),
        "of another installation": tokens.new_device(other, ada.id),
        "changed": f"{made[:-4]}AAAA",
        "oversized": "x" * 5_000,
        "no token": "garbage",
    }
    for cookie in tried.values():
        client.cookies.set("taskforge-device", cookie)
        assert (await sign_in(client)).status_code == 429

    opened = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {made}"})
    assert (opened.status_code, opened.json()["code"]) == (401, "token_invalid")


async def test_a_stolen_device_cookie_is_worth_five_guesses(
    client: httpx.AsyncClient, ada: accounts.Account
):
    await sign_in(client, session="cookie")

    statuses = [(await sign_in(client, WRONG, ip=f"203.0.113.{n}")).status_code for n in range(6)]

    assert statuses == [401] * 5 + [429]


async def test_both_cookies_of_a_browser_are_kept_from_pages(
    client: httpx.AsyncClient, ada: accounts.Account
):
    answer = await sign_in(client, session="cookie")

    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/api/v1/auth" in cookie
    assert not (await sign_in(client)).headers.get_list("set-cookie")


async def test_many_right_passwords_at_once_do_no_harm(
    client: httpx.AsyncClient, ada: accounts.Account
):
    answers = await asyncio.gather(*(sign_in(client) for _ in range(15)))

    assert {it.status_code for it in answers} == {200}


async def test_more_sign_ins_than_can_be_hashed_are_turned_away_and_may_come_again(
    client: httpx.AsyncClient, ada: accounts.Account
):
    answers = await asyncio.gather(*(sign_in(client) for _ in range(60)))
    turned_away = [it for it in answers if it.status_code == 503]

    assert Counter(it.status_code for it in answers).keys() == {200, 503}
    by_the_queue = [it for it in turned_away if "sign-ins at once" in it.json()["detail"]]
    assert {it.headers["retry-after"] for it in by_the_queue} == {"1"}
    assert {it.headers["content-type"] for it in turned_away} == {"application/problem+json"}
    assert (await sign_in(client)).status_code == 200


@pytest.mark.parametrize("name", ["ada", "ada@example.com", "nobody", "disabled"])
async def test_each_refused_sign_in_hashes_exactly_once(
    client: httpx.AsyncClient, deps: Deps, ada: accounts.Account, name: str
):
    async with deps.db.connect() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO users (id, username, email, password_hash, role, active) SELECT"
            " uuidv7(), 'disabled', 'd@example.com', password_hash, 'viewer', false FROM users"
        )
    before = hashes()
    password = PASSWORD if name == "disabled" else WRONG

    answer = await sign_in(client, password, username=name)

    assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")
    assert hashes() - before == 1


async def test_a_weaker_hash_is_made_anew_when_its_password_is_seen(
    client: httpx.AsyncClient, deps: Deps, ada: accounts.Account
):
    weaker = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with deps.db.connect() as connection:
        await connection.exec_driver_sql("UPDATE users SET password_hash = $1", (weaker,))

    statuses = [(await sign_in(client)).status_code for _ in range(2)]

    async with deps.db.connect() as connection:
        stored = await connection.scalar(text("SELECT password_hash FROM users"))
    assert statuses == [200, 200]
    assert deps.passwords.is_outdated(weaker)
    assert not deps.passwords.is_outdated(str(stored))


async def test_asking_for_taken_names_grows_slow(client: httpx.AsyncClient, ada: accounts.Account):
    order = {"username": "ada", "email": "new@example.com", "password": "another fine password"}

    taken = [(await register(client, order)).status_code for _ in range(5)]
    waiting = await register(client, order)
    elsewhere = await register(client, {**order, "username": "eve"}, ip="192.0.2.2")

    assert taken == [409] * 5
    assert (waiting.status_code, waiting.json()["code"]) == (429, "too_many_guesses")
    assert elsewhere.status_code == 201


async def test_a_burst_of_wrong_passwords_is_in_the_trail_once(
    client: httpx.AsyncClient, admin: httpx.AsyncClient, ada: accounts.Account
):
    for _ in range(6):
        await sign_in(client, WRONG)

    found = (await admin.get("/api/v1/audit", params={"action": "password.guessed"})).json()

    [deed] = found["items"]
    assert deed["target"] == f"user:{ada.id}"
    assert (deed["actor"], deed["ip"]) == (None, "192.0.2.1")
    assert deed["after"] == {"wrong": 5}


async def register(
    client: httpx.AsyncClient, order: dict[str, str], *, ip: str = "192.0.2.1"
) -> httpx.Response:
    headers = {"X-Forwarded-For": ip}
    return await client.post("/api/v1/auth/register", json=order, headers=headers)


def hashes() -> float:
    return REGISTRY.get_sample_value("taskforge_password_hash_seconds_count") or 0.0
