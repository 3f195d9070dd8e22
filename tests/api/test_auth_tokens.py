"""Every kind of wrong credential gets 401 and a challenge (T-61), and roles are enforced."""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import msgspec
import pytest
from litestar import Litestar, get
from sqlalchemy import text

from taskforge.api.app import create_app
from taskforge.api.auth import needs
from taskforge.config import Settings
from taskforge.core.errors import Unauthenticated
from taskforge.core.people import Permission, Role
from taskforge.flows import tokens
from taskforge.flows.deps import Deps
from tests.api.conftest import http_client, living

Forge = Callable[[dict[str, Any], bytes], str]


def signed(header: dict[str, Any] | None = None, **changes: Any) -> Forge:
    """A token like ours with these changes; a claim that is None is left out."""

    def forge(claims: dict[str, Any], key: bytes) -> str:
        changed = {k: v for k, v in (claims | changes).items() if v is not None}
        typ: dict[str, Any] = {"typ": "at+jwt", **(header or {})}
        return jwt.encode(changed, key, algorithm="HS256", headers=typ)

    return forge


def unsigned(claims: dict[str, Any], key: bytes) -> str:
    parts = [{"alg": "none", "typ": "at+jwt"}, claims]
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts
    ]
    return ".".join([*encoded, ""])


def with_other_algorithm(claims: dict[str, Any], key: bytes) -> str:
    return jwt.encode(claims, key * 2, algorithm="HS512", headers={"typ": "at+jwt"})


def with_other_key(claims: dict[str, Any], key: bytes) -> str:
    return jwt.encode(claims, b"x" * 32, algorithm="HS256", headers={"typ": "at+jwt"})


def with_changed_payload(claims: dict[str, Any], key: bytes) -> str:
    head, payload, signature = signed()(claims, key).split(".")
    return f"{head}.{payload[:-2]}AA.{signature}"


NOW = int(time.time())
DAY = 86_400
"""Seconds; more than any run of the suite takes."""
WRONG: dict[str, Forge] = {
    "alg none": unsigned,
    "other algorithm": with_other_algorithm,
    "other key": with_other_key,
    "changed payload": with_changed_payload,
    "wrong audience": signed(aud="somebody"),
    "audience list": signed(aud=["taskforge-api", "other"]),
    "wrong issuer": signed(iss="somebody"),
    "wrong type": signed({"typ": "JWT"}),
    "key id": signed({"kid": "../../etc/passwd"}),
    "key address": signed({"jku": "https://evil.example/keys"}),
    "critical extension": signed({"crit": ["b64"], "b64": False}),
    "expired": signed(iat=NOW - 2_000, nbf=NOW - 2_000, exp=NOW - 1_000),
    "not yet valid": signed(nbf=NOW + DAY, exp=NOW + 2 * DAY),
    "issued in the future": signed(iat=NOW + DAY, exp=NOW + 2 * DAY),
    "no session": signed(sid=None),
    "no expiry": signed(exp=None),
    "no id": signed(jti=None),
    "session that is no id": signed(sid="1; DROP TABLE users"),
    "unknown session": signed(sid=str(uuid4())),
    "somebody else's subject": signed(sub=str(uuid4())),
    "huge expiry": signed(exp=10**400),
    "oversized": signed(note="x" * 5_000),
    "nothing in it": lambda claims, key: "a.b.c",
    "not a token": lambda claims, key: "garbage",
    "not ASCII": lambda claims, key: "é.ü.ö",
}


def claims_of(viewer: httpx.AsyncClient) -> dict[str, Any]:
    token = viewer.headers["authorization"].removeprefix("Bearer ")
    return jwt.decode(token, options={"verify_signature": False})


@pytest.mark.parametrize("forge", WRONG.values(), ids=WRONG)
async def test_a_wrong_access_token_is_challenged(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings, forge: Forge
):
    claims = claims_of(viewer)
    key = tokens.signing_key(settings)
    good = signed()(claims, key)
    bad = forge(claims, key)
    assert await status_with(client, good) == 200

    answer = await client.get("/api/v1/auth/me", headers=bearer(bad))

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith('Bearer realm="taskforge"')
    assert answer.json()["code"] in {"token_invalid", "token_expired", "session_ended"}


async def test_a_token_in_its_leeway_still_counts(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient, settings: Settings
):
    now = int(time.time())
    forge = signed(exp=now - 10, nbf=now + 10, iat=now)

    assert await status_with(client, forge(claims_of(viewer), tokens.signing_key(settings))) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YWRtaW46YWRtaW4="},
        {"X-API-Key": ""},
        {"X-API-Key": "tf_x_y_z"},
        {"X-API-Key": "tf_" + "A" * 22 + "_" + "B" * 43 + "_000000"},
        {"X-API-Key": "tf_" + "z" * 22 + "_" + "B" * 43 + "_000000"},
        {"X-API-Key": "é" * 77},
    ],
    ids=str,
)
async def test_a_missing_or_garbled_credential_is_challenged(
    client: httpx.AsyncClient, headers: dict[str, str]
):
    raw: Any = {name: value.encode("latin-1") for name, value in headers.items()}

    answer = await client.get("/api/v1/auth/me", headers=raw)

    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_an_unknown_key_with_a_right_checksum_is_refused(client: httpx.AsyncClient):
    stranger = tokens.new_api_key().key

    assert (await client.get("/api/v1/auth/me", headers={"X-API-Key": stranger})).status_code == 401


async def test_a_key_with_a_changed_letter_is_refused(
    client: httpx.AsyncClient, viewer: httpx.AsyncClient
):
    key: str = (await viewer.post("/api/v1/auth/api-key")).json()["key"]
    middle = "A" if key[40] != "A" else "B"

    answer = await client.get(
        "/api/v1/auth/me", headers={"X-API-Key": key[:40] + middle + key[41:]}
    )

    assert answer.status_code == 401


async def test_both_kinds_of_credential_at_once_are_refused(viewer: httpx.AsyncClient):
    key = (await viewer.post("/api/v1/auth/api-key")).json()["key"]

    assert (await viewer.get("/api/v1/auth/me", headers={"X-API-Key": key})).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET revoked_at = clock_timestamp()",
        "UPDATE sessions SET expires_at = clock_timestamp()",
        "UPDATE users SET active = false",
    ],
)
async def test_what_ends_a_session_elsewhere_ends_it_here_when_it_is_read_afresh(
    viewer: httpx.AsyncClient, deps: Deps, change: str
):
    token = viewer.headers["authorization"].removeprefix("Bearer ")
    principal = await deps.principals.of_access_token(token)
    async with deps.db.connect() as connection:
        await connection.execute(text(change))

    with pytest.raises(Unauthenticated):
        await deps.principals.refreshed(principal)
    deps.principals.forget(principal.user_id)
    assert (await viewer.get("/api/v1/auth/me")).status_code == 401


async def test_misses_at_the_same_time_share_statements(viewer: httpx.AsyncClient, deps: Deps):
    token = viewer.headers["authorization"].removeprefix("Bearer ")

    found = await asyncio.gather(*(deps.principals.of_access_token(token) for _ in range(50)))

    assert len(set(found)) == 1


@get("/for-operators", guards=[needs(Permission.ACT)])
async def for_operators() -> dict[str, bool]:
    return {"ok": True}


@get("/for-anyone-by-mistake")
async def for_anyone_by_mistake() -> dict[str, bool]:
    return {"ok": True}


@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.OPERATOR, 200), (Role.ADMIN, 200)]
)
async def test_a_role_is_read_from_the_database_and_enforced(
    settings: Settings, viewer: httpx.AsyncClient, deps: Deps, role: Role, status: int
):
    async with deps.db.connect() as connection:
        await connection.execute(text("UPDATE users SET role = :role"), {"role": role.value})
    app = create_app(settings, extra=[for_operators])
    async with living(app), http_client(app, **viewer.headers) as client:
        answer = await client.get("/api/v1/for-operators")

    assert answer.status_code == status


def test_a_route_without_a_role_stops_the_start(settings: Settings):
    with pytest.raises(RuntimeError, match="GET /api/v1/for-anyone-by-mistake"):
        create_app(settings, extra=[for_anyone_by_mistake])


async def test_health_needs_no_account_and_everything_else_does(
    app: Litestar, client: httpx.AsyncClient
):
    schema = (await client.get("/api/openapi.json")).json()
    guarded = [
        (method, path)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if operation.get("security") is None
    ]
    assert len(guarded) >= 6

    for method, path in guarded:
        answer = await client.request(method, path.replace("{", "").replace("}", ""))
        assert answer.status_code in (401, 404), (method, path)


async def test_a_secret_of_another_installation_signs_nothing_here(
    viewer: httpx.AsyncClient, client: httpx.AsyncClient, settings: Settings
):
    other = msgspec.structs.replace(settings, jwt_secret_key="k" * 40)

    forged = signed()(claims_of(viewer), tokens.signing_key(other))

    assert await status_with(client, forged) == 401


def bearer(token: str) -> Any:
    return {"Authorization": f"Bearer {token}".encode()}


async def status_with(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/api/v1/auth/me", headers=bearer(token))).status_code
