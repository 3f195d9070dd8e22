"""What an account changes of itself, and what the audit trail keeps of it (SPEC §3)."""

import httpx
import pytest

from tests.api.conftest import ADA, sign_in


async def test_a_new_password_ends_the_other_sessions(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    other = (await sign_in(client)).json()
    mine = {"Authorization": f"Bearer {ada['access_token']}"}
    change = {"current_password": ADA["password"], "new_password": "another fine password"}

    answer = await client.patch("/api/v1/auth/me", json=change, headers=mine)

    assert answer.status_code == 200
    theirs = {"Authorization": f"Bearer {other['access_token']}"}
    assert (await client.get("/api/v1/auth/me", headers=theirs)).status_code == 401
    assert (await client.get("/api/v1/auth/me", headers=mine)).status_code == 200
    assert (await sign_in(client)).status_code == 401
    assert (await sign_in(client, password="another fine password")).status_code == 200


async def test_an_address_is_changed_with_the_password_and_ends_no_session(
    client: httpx.AsyncClient, ada: dict[str, str]
):
    mine = {"Authorization": f"Bearer {ada['access_token']}"}
    change = {"current_password": ADA["password"], "email": "countess@example.com"}

    wrong = await client.patch(
        "/api/v1/auth/me", json=change | {"current_password": "wrong password!"}, headers=mine
    )
    changed = await client.patch("/api/v1/auth/me", json=change, headers=mine)

    assert (wrong.status_code, wrong.json()["code"]) == (403, "bad_credentials")
    assert (changed.status_code, changed.json()["email"]) == (200, "countess@example.com")
    assert (await sign_in(client, username="countess@example.com")).status_code == 200
    assert (await sign_in(client, username="ada@example.com")).status_code == 401


async def test_an_address_that_another_account_has_is_refused(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient, ada: dict[str, str]
):
    mine = {"Authorization": f"Bearer {ada['access_token']}"}
    change = {"current_password": ADA["password"], "email": "Viewer@Example.com"}

    answer = await client.patch("/api/v1/auth/me", json=change, headers=mine)

    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")
    assert (await client.get("/api/v1/auth/me", headers=mine)).json()["email"] == ADA["email"]


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({}, [""]),
        ({"email": "nobody"}, ["/email"]),
        ({"new_password": "password1234!"}, ["/new_password"]),
        ({"role": "admin"}, ["/role"]),
    ],
)
async def test_a_change_of_nothing_or_of_what_is_not_ones_own_is_refused(
    client: httpx.AsyncClient, ada: dict[str, str], change: dict[str, str], pointers: list[str]
):
    mine = {"Authorization": f"Bearer {ada['access_token']}"}

    answer = await client.patch(
        "/api/v1/auth/me", json={"current_password": ADA["password"], **change}, headers=mine
    )

    assert answer.status_code == 422
    assert [it["pointer"] for it in answer.json()["errors"]] == pointers


async def test_what_an_account_does_with_itself_is_in_the_trail(
    client: httpx.AsyncClient, admin: httpx.AsyncClient, ada: dict[str, str]
):
    mine = {"Authorization": f"Bearer {ada['access_token']}"}
    change = {
        "current_password": ADA["password"],
        "new_password": "another fine password",
        "email": "countess@example.com",
    }
    await client.patch("/api/v1/auth/me", json=change, headers=mine)
    await client.post("/api/v1/auth/logout", headers=mine)

    trail = (await admin.get("/api/v1/audit")).json()["items"]
    deeds = [(it["action"], it["ip"]) for it in reversed(trail) if it["actor"] == "ada"]

    actions = [
        "user.created",
        "session.opened",
        "user.updated",
        "password.changed",
        "session.ended",
    ]
    assert deeds == [(action, "127.0.0.1") for action in actions]
    assert change["new_password"] not in str(trail)
