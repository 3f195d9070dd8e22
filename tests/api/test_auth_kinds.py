"""Each kind of credential opens its own door and no other (T-61)."""

import httpx

from tests.api.conftest import PASSWORD


async def test_no_other_credential_is_an_access_token(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient
):
    pair = await signed_in_anew(client)
    others = {
        "refresh token": pair["refresh_token"],
        "ticket": (await viewer.post("/api/v1/ws-ticket")).json()["ticket"],
        "API key": (await viewer.post("/api/v1/auth/api-key")).json()["key"],
    }

    assert await status_with(client, pair["access_token"]) == 200
    assert {kind: await status_with(client, it) for kind, it in others.items()} == dict.fromkeys(
        others, 401
    )


async def test_no_other_credential_is_a_refresh_token_a_key_or_a_ticket(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient
):
    pair = await signed_in_anew(client)
    ticket = (await viewer.post("/api/v1/ws-ticket")).json()["ticket"]
    key = (await viewer.post("/api/v1/auth/api-key")).json()["key"]
    access, refresh = pair["access_token"], pair["refresh_token"]

    refreshed = [await refresh_with(client, it) for it in (ticket, key, access[:256])]
    as_keys = [
        (await client.get("/api/v1/auth/me", headers={"X-API-Key": it})).status_code
        for it in (ticket, refresh, access)
    ]
    as_tickets = [
        (await client.get("/api/v1/events", params={"ticket": it})).status_code
        for it in (key, refresh, access[:128])
    ]

    assert refreshed == as_keys == as_tickets == [401] * 3
    assert await refresh_with(client, refresh) == 200


async def signed_in_anew(client: httpx.AsyncClient) -> dict[str, str]:
    body = {"username": "viewer", "password": PASSWORD}
    return (await client.post("/api/v1/auth/login", json=body)).json()


async def refresh_with(client: httpx.AsyncClient, token: str) -> int:
    answer = await client.post("/api/v1/auth/refresh", json={"refresh_token": token})
    return answer.status_code


async def status_with(client: httpx.AsyncClient, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.get("/api/v1/auth/me", headers=headers)).status_code
