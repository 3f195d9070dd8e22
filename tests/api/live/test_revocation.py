"""What is taken away in one process is felt in another within ten seconds (S-02, T-61)."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from typing import Any, NamedTuple

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from support.people import sign_up
from support.waiting import eventually
from taskforge.config import Settings
from taskforge.core.people import Role
from taskforge.db.engine import open_engine
from tests.api.live.conftest import LiveServer, api_process

FELT_SECONDS = 10
JOB = {"type": "custom", "payload": {}, "priority": "low"}


class Member(NamedTuple):
    """Somebody who follows the events of the second process in both ways."""

    here: httpx.AsyncClient
    """At the process where things are taken away."""
    there: httpx.AsyncClient
    socket: ClientConnection
    stream: Any


async def test_what_is_taken_away_is_felt_in_other_processes_and_on_open_connections(
    process_environment, settings
):
    async with (
        api_process(process_environment) as here,
        api_process(process_environment) as there,
        AsyncExitStack() as exits,
    ):
        tokens = {role: await token_of(settings, role) for role in ("ended", "disabled", "keyed")}
        tokens["demoted"] = await token_of(settings, "demoted", Role.OPERATOR)
        boss = await enter(exits, here, Authorization=await token_of(settings, "boss", Role.ADMIN))
        key = await boss.post("/api/v1/auth/api-keys", json={"name": "robot"})
        joined = [join(exits, here, there, Authorization=token) for token in tokens.values()]
        joined.append(join(exits, here, there, **{"X-API-Key": key.json()["key"]}))
        ended, disabled, staying, demoted, robot = await asyncio.gather(*joined)
        ids = {it["username"]: it["id"] for it in (await boss.get("/api/v1/users")).json()["items"]}
        assert (await demoted.there.post("/api/v1/jobs", json=JOB)).status_code != 403

        began = time.monotonic()
        [session] = (await ended.here.get("/api/v1/auth/sessions")).json()["items"]
        done = [
            await ended.here.delete(f"/api/v1/auth/sessions/{session['id']}"),
            await boss.patch(f"/api/v1/users/{ids['disabled']}", json={"active": False}),
            await boss.patch(f"/api/v1/users/{ids['demoted']}", json={"role": "viewer"}),
            await boss.delete(f"/api/v1/auth/api-keys/{key.json()['id']}"),
        ]
        assert [it.status_code for it in done] == [204, 200, 200, 204]

        async with asyncio.timeout(FELT_SECONDS):
            refused = [refusal_of(it, 401) for it in (ended, disabled, robot)]
            await asyncio.gather(*refused, refusal_of(demoted, 403))
            closed = await asyncio.gather(*(ends(it) for it in (ended, disabled, robot)))
        assert time.monotonic() - began < FELT_SECONDS
        assert closed == [(4401, True)] * 3
        for member in (staying, demoted):
            assert member.socket.close_code is None
            assert (await member.there.get("/api/v1/jobs")).status_code == 200


async def token_of(settings: Settings, name: str, role: Role = Role.VIEWER) -> str:
    engine = open_engine(settings, statement_seconds=5)
    made = await sign_up(engine, settings, name, role)
    await engine.dispose()
    return f"Bearer {made.token}"


async def enter(exits: AsyncExitStack, server: LiveServer, **headers: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20, trust_env=False)
    return await exits.enter_async_context(client)


async def join(
    exits: AsyncExitStack, here: LiveServer, there: LiveServer, **headers: str
) -> Member:
    socket = await connect(there.socket_url, additional_headers=headers)
    exits.push_async_callback(socket.close)
    client = await enter(exits, there, **headers)
    assert (await client.get("/api/v1/jobs")).status_code == 200  # known there from now on
    stream = await exits.enter_async_context(client.stream("GET", "/api/v1/events"))
    return Member(await enter(exits, here, **headers), client, socket, stream)


async def refusal_of(member: Member, status: int) -> None:
    """Wait until the other process refuses what it did not."""

    async def refused() -> bool:
        return (await member.there.post("/api/v1/jobs", json=JOB)).status_code == status

    await eventually(refused, within=FELT_SECONDS, every=0.1)


async def ends(member: Member) -> tuple[int | None, bool]:
    """The socket's close code, and whether the event stream said the same."""
    with suppress(ConnectionClosed):
        async for _ in member.socket:
            pass
    lines = [line async for line in member.stream.aiter_lines()]
    return member.socket.close_code, any('"code":4401' in line for line in lines)
