"""Accounts below HTTP: the demo seed, password hashing under load, the key format."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from support.waiting import eventually
from taskforge.config import Settings
from taskforge.core.errors import Conflict, Denied, Invalid, Unauthenticated, Unavailable
from taskforge.core.ids import new_id
from taskforge.core.people import Principal, Role
from taskforge.db import credentials, people
from taskforge.db.engine import transaction
from taskforge.flows import accounts, keys, own, sessions, tokens
from taskforge.flows.deps import Deps, open_deps
from taskforge.flows.passwords import QUEUE_LIMIT, Passwords
from taskforge.flows.strength import check_strength
from taskforge.handlers.registry import Registry

PLACE = sessions.Place("192.0.2.1", "192.0.2.1")


@pytest.fixture
async def deps(settings: Settings) -> AsyncIterator[Deps]:
    async with open_deps(settings, Registry({}, ())) as deps:
        yield deps


@pytest.fixture
def passwords():
    passwords = Passwords()
    yield passwords
    passwords.close()


async def test_the_demo_accounts_are_made_once_and_sign_in(deps: Deps):
    assert await accounts.ensure_demo_users(deps) == ["admin", "operator", "viewer"]
    assert await accounts.ensure_demo_users(deps) == []

    signed_in = await sessions.sign_in(deps, name="admin", password="admin1234", place=PLACE)

    assert signed_in.account.role is Role.ADMIN


async def test_two_seeds_at_once_make_each_account_once(deps: Deps):
    made = await asyncio.gather(
        *(accounts.ensure_demo_users(deps) for _ in range(2)), return_exceptions=True
    )

    assert not [error for error in made if isinstance(error, BaseException)]
    async with deps.db.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM users")) == 3


async def test_of_rivals_for_a_name_one_gets_it(deps: Deps):
    results = await asyncio.gather(
        *(
            accounts.create_user(
                deps, username="ada", email=f"{n}@example.com", password="x", role=Role.VIEWER
            )
            for n in range(6)
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(result, accounts.Account) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == 5


async def test_a_disabled_account_neither_signs_in_nor_refreshes(deps: Deps):
    await accounts.ensure_demo_users(deps)
    before = await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)
    async with deps.db.connect() as connection:
        await connection.execute(text("UPDATE users SET active = false"))

    with pytest.raises(Unauthenticated):
        await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)
    with pytest.raises(Unauthenticated):
        await sessions.refresh(deps, before.refresh_token, place=PLACE)


async def test_an_expired_refresh_token_does_not_end_the_session(deps: Deps):
    await accounts.ensure_demo_users(deps)
    signed_in = await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)
    async with deps.db.connect() as connection:
        await connection.execute(text("UPDATE refresh_tokens SET expires_at = clock_timestamp()"))

    with pytest.raises(Unauthenticated):
        await sessions.refresh(deps, signed_in.refresh_token, place=PLACE)

    async with deps.db.connect() as connection:
        assert await connection.scalar(text("SELECT revoked_at FROM sessions")) is None


async def test_no_secret_is_stored_as_it_is(deps: Deps):
    await accounts.ensure_demo_users(deps)
    signed_in = await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)
    key = (await keys.make_default_key(deps, await principal_of(deps, signed_in))).answer
    async with deps.db.connect() as connection:
        tables = ("users", "sessions", "refresh_tokens", "api_keys")
        rows = [
            (await connection.execute(text(f"SELECT * FROM {table}"))).all() for table in tables
        ]
    stored = str(rows)

    for secret in (signed_in.refresh_token, key.key, "viewer1234"):
        assert secret not in stored


async def test_a_wrong_current_password_changes_nothing(deps: Deps):
    await accounts.ensure_demo_users(deps)
    signed_in = await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)
    by = await principal_of(deps, signed_in)

    with pytest.raises(Denied):
        await own.change_own(
            deps, by, current="wrong", password="another fine password", email=None
        )

    await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)


@pytest.mark.parametrize("first", ["change", "session"])
async def test_no_session_outlives_the_password_that_opened_it(deps: Deps, first: str):
    await accounts.ensure_demo_users(deps)
    async with deps.db.connect() as connection:
        person = await people.find_by_name(connection, "viewer")
    assert person is not None
    known = person

    async def open_one() -> None:
        async with transaction(deps.db) as connection:
            await credentials.open_session(
                connection, known.id, digest="a digest", checked=known.password_changed_at,
                user_agent=None, ip=None,
            )  # fmt: skip
            if first == "session":
                going.set()
                await waiting(deps)

    async def change() -> None:
        async with transaction(deps.db) as connection:
            assert await people.replace_own(
                connection, known, known._replace(password_hash="another")
            )
            if first == "change":
                going.set()
                await waiting(deps)
            await credentials.revoke_other_sessions(
                connection, known.id, kept=new_id(), why="password_changed"
            )

    going = asyncio.Event()
    deeds = [change, open_one] if first == "change" else [open_one, change]
    begun = asyncio.create_task(deeds[0]())
    await going.wait()
    await asyncio.gather(begun, deeds[1]())

    async with deps.db.connect() as connection:
        assert await credentials.list_sessions(connection, known.id, limit=10) == []


async def waiting(deps: Deps) -> None:
    """Until another connection waits for a lock of ours."""

    async def is_blocked() -> bool:
        async with deps.db.connect() as connection:
            blocked = (
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            return bool(await connection.scalar(text(blocked)))

    await eventually(is_blocked)


async def test_key_use_is_noted_once_a_minute_at_most(deps: Deps):
    await accounts.ensure_demo_users(deps)
    signed_in = await sessions.sign_in(deps, name="viewer", password="viewer1234", place=PLACE)
    made = (await keys.make_default_key(deps, await principal_of(deps, signed_in))).answer

    async def age_after_use(age: timedelta | None) -> float:
        """Seconds since the noted use of a key, when one of that age was noted before."""
        async with deps.db.connect() as connection:
            await connection.execute(
                text("UPDATE api_keys SET last_used_at = now() - CAST(:age AS interval)"),
                {"age": age},
            )
            await deps.principals.of_key_id(made.id)
            noted = "SELECT extract(epoch FROM now() - last_used_at)::float8 FROM api_keys"
            return float(str(await connection.scalar(text(noted))))

    assert await age_after_use(None) < 20
    assert await age_after_use(timedelta(seconds=61)) < 20
    assert await age_after_use(timedelta(seconds=30)) >= 30


async def test_too_many_hashes_at_once_are_turned_away_and_the_rest_are_done(
    passwords: Passwords,
):
    results = await asyncio.gather(
        *(passwords.hash("a password") for _ in range(QUEUE_LIMIT + 10)), return_exceptions=True
    )

    turned_away = [result for result in results if isinstance(result, Unavailable)]
    assert 10 - 4 <= len(turned_away) <= 10
    assert all(isinstance(result, str | Unavailable) for result in results)
    assert await passwords.hash("a password")


async def test_nobodys_password_is_never_right(passwords: Passwords):
    assert not await passwords.verify(None, "nobody's password")


async def test_any_characters_may_be_in_a_password(passwords: Passwords):
    odd = "pässwörd \x00 🔑 " + "x" * 200

    encoded = await passwords.hash(odd)

    assert await passwords.verify(encoded, odd)
    assert not await passwords.verify(encoded, odd[:-1])
    assert not passwords.is_outdated(encoded)


@pytest.mark.parametrize("password", ["short", "x" * 257, "aaaaaaaaaaaa", "ada-lovelace-1"])
def test_a_weak_password_is_refused(password: str):
    with pytest.raises(Invalid):
        check_strength(password, username="ada-lovelace", email="ada@example.com")


def test_a_key_names_itself_and_proves_its_form():
    made = tokens.new_api_key()

    assert tokens.api_key_id(made.key) == made.id
    assert made.key.startswith(made.prefix + "_")
    assert len(made.key) == 76
    with pytest.raises(Unauthenticated):
        tokens.api_key_id(made.key[:-1] + ("0" if made.key[-1] != "0" else "1"))


async def principal_of(deps: Deps, signed_in: sessions.SignedIn) -> Principal:
    return await deps.principals.of_access_token(signed_in.access_token)
