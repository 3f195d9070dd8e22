"""The socket of a real process: opening, talking, ending."""

import asyncio
import contextlib
import json

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.api.live.conftest import JOB, OTHER, bulky, job_frame, log_frame, versions


async def said(socket, seconds=10):
    async with asyncio.timeout(seconds):
        return json.loads(await socket.recv())


async def end_of(socket, seconds=10):
    """The close code that the server gives."""
    async with asyncio.timeout(seconds):
        with contextlib.suppress(ConnectionClosed):
            async for _ in socket:
                pass
    return socket.close_code


async def refusal(url, **options):
    with pytest.raises(InvalidStatus) as caught:
        await connect(url, **options)
    return caught.value.response


@pytest.mark.parametrize("path", ["/ws", "/api/v1/ws"])
async def test_a_client_hears_hello_then_what_happens(server, token, stream, path):
    url = f"{server.socket_url.removesuffix('/ws')}{path}?token={token}"
    async with connect(url) as socket:
        hello = await said(socket)
        await stream.announce([job_frame(version=3)])
        frame = await said(socket)

    assert (hello["event"], hello["resumed"]) == ("connected", False)
    assert (frame["event"], frame["job_id"], frame["version"]) == ("job_running", str(JOB), 3)


@pytest.mark.parametrize("text", ["ping", '{"event":"ping"}'])
async def test_ping_gets_pong(server, token, text):
    async with connect(f"{server.socket_url}?token={token}") as socket:
        await said(socket)
        await socket.send(text)

        assert (await said(socket))["event"] == "pong"


async def test_a_client_narrows_what_it_gets_and_watches_a_job(server, token, stream):
    async with connect(f"{server.socket_url}?token={token}") as socket:
        await said(socket)
        await socket.send(json.dumps({"event": "subscribe", "jobs": [str(OTHER)], "batch": 0}))
        assert (await said(socket))["event"] == "subscribed"
        await stream.announce([job_frame(JOB), log_frame(1, JOB), log_frame(1, OTHER)])
        frame = await said(socket)

    assert (frame["event"], frame["log"]["message"]) == ("job_log", "line 1")


async def test_a_client_resumes_where_it_was_cut(server, token, stream):
    async with connect(f"{server.socket_url}?token={token}") as socket:
        await said(socket)
        await stream.announce([job_frame(version=n) for n in range(1, 11)])
        seen = [await said(socket) for _ in range(4)]
    await stream.announce([job_frame(version=11)])
    async with connect(f"{server.socket_url}?token={token}&since={seen[-1]['id']}") as socket:
        assert (await said(socket))["resumed"]
        rest = [await said(socket) for _ in range(7)]

    assert versions(seen + rest) == list(range(1, 12))


@pytest.mark.parametrize("since", ["rubbish", "%00", "a.1-1.0", "9" * 500])
async def test_a_cursor_that_means_nothing_gets_a_resync(server, token, since):
    async with connect(f"{server.socket_url}?token={token}&since={since}") as socket:
        assert not (await said(socket))["resumed"]
        assert (await said(socket))["event"] == "resync"


async def test_batches_are_to_be_had_for_the_asking(server, token, stream):
    async with connect(f"{server.socket_url}?token={token}&batch=50") as socket:
        await said(socket)
        await stream.announce([job_frame(version=n) for n in range(1, 11)])
        batch = await said(socket)

    assert batch["event"] == "batch"
    assert versions(batch["events"]) == [10]


async def test_a_key_opens_the_socket_from_its_own_networks_alone(server, token):
    made_keys: list[str] = []
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as client:
        for network in ("127.0.0.0/8", "192.0.2.0/24"):
            order = {"name": "robot", "scope": {"networks": [network]}}
            made = await client.post(
                "/api/v1/auth/api-keys", json=order, headers={"Authorization": f"Bearer {token}"}
            )
            made_keys.append(made.json()["key"])

    async with connect(server.socket_url, additional_headers={"X-API-Key": made_keys[0]}) as socket:
        assert (await said(socket))["event"] == "connected"
    refused = await refusal(server.socket_url, additional_headers={"X-API-Key": made_keys[1]})
    assert refused.status_code == 403
    assert json.loads(refused.body)["code"] == "key_not_from_here"


GARBAGE = {
    "binary": (b"\x00\xff", 1003),
    "no JSON": ("{", 4400),
    "unknown event": ('{"event":"shout"}', 4400),
    "unknown field": ('{"event":"ping","x":1}', 4400),
    "wrong type": ('{"event":"subscribe","jobs":"all"}', 4400),
    "no uuid": ('{"event":"subscribe","jobs":["\\u0000"]}', 4400),
    "too many jobs": (json.dumps({"event": "subscribe", "jobs": [str(JOB)] * 101}), 4400),
    "unknown status": ('{"event":"subscribe","statuses":["dead"]}', 4400),
    "negative pace": ('{"event":"subscribe","batch":-1}', 4400),
    "NUL": ("\x00", 4400),
    "deep": ("[" * 4_000, 4400),
    "array": ("[1]", 4400),
    "large": ("x" * 5_000, 1009),
    "very large": ("x" * 5_000_000, 1009),
    "large in bytes": ("é" * 3_000, 1009),
}


@pytest.mark.parametrize(("said_", "code"), GARBAGE.values(), ids=GARBAGE)
async def test_garbage_closes_the_socket_with_a_code(server, token, said_, code):
    async with connect(f"{server.socket_url}?token={token}") as socket:
        await said(socket)
        await socket.send(said_)

        assert await end_of(socket) == code


async def test_a_client_that_talks_too_much_is_closed(server, token):
    async with connect(f"{server.socket_url}?token={token}") as socket:
        await said(socket)
        for _ in range(21):
            await socket.send("ping")

        assert await end_of(socket) == 1008


@pytest.mark.parametrize("query", ["", "token=", "token=x", "ticket=x", "ticket=x&token=y"])
async def test_without_a_right_credential_the_handshake_is_refused(server, query):
    response = await refusal(f"{server.socket_url}?{query}")

    assert response.status_code == 401
    assert json.loads(response.body)["status"] == 401


async def test_an_api_header_opens_the_socket_too(server, token):
    headers = {"Authorization": f"Bearer {token}"}
    async with connect(server.socket_url, additional_headers=headers) as socket:
        assert (await said(socket))["event"] == "connected"


async def test_a_ticket_opens_one_socket(server, viewer):
    ticket = (await viewer.post("/api/v1/ws-ticket")).json()["ticket"]

    async with connect(f"{server.socket_url}?ticket={ticket}") as socket:
        assert (await said(socket))["event"] == "connected"
    assert (await refusal(f"{server.socket_url}?ticket={ticket}")).status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "x://["])
async def test_pages_of_other_sites_are_refused(server, token, origin):
    response = await refusal(f"{server.socket_url}?token={token}", origin=origin)

    assert response.status_code == 403


async def test_a_page_of_this_host_is_welcome(server, token):
    async with connect(f"{server.socket_url}?token={token}", origin=server.url) as socket:
        assert (await said(socket))["event"] == "connected"


@pytest.mark.parametrize("pace", ["x", "-1", "10001", "1.5", ""])
async def test_a_pace_that_is_none_is_refused(server, token, pace):
    response = await refusal(f"{server.socket_url}?token={token}&batch={pace}")

    assert response.status_code == 422


async def test_a_client_that_does_not_read_is_dropped_and_the_others_are_unharmed(
    server, token, stream
):
    url = f"{server.socket_url}?token={token}"
    async with connect(url, max_queue=1) as slow, connect(url) as quick:
        await said(quick)
        for _ in range(300):
            await stream.announce([bulky()])
            await said(quick)
        assert await end_of(slow) in (1006, 1013)  # 1006: its buffers were too full for more
        await quick.send("ping")

        assert (await said(quick))["event"] == "pong"


async def test_events_come_over_plain_http_as_well(server, viewer, stream):
    headers = {"Authorization": viewer.headers["authorization"]}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=10) as client:
        async with client.stream("GET", "/api/v1/events") as response:
            lines = response.aiter_lines()
            assert response.headers["content-type"].startswith("text/event-stream")
            hello = await event(lines)
            await stream.announce([job_frame(version=n) for n in range(1, 5)])
            seen = [await event(lines) for _ in range(2)]
        resume = {"Last-Event-ID": seen[-1]["id"]}
        async with client.stream("GET", "/api/v1/events", headers=resume) as response:
            lines = response.aiter_lines()
            assert (await event(lines))["resumed"]
            seen += [await event(lines) for _ in range(2)]

    assert hello["event"] == "connected"
    assert versions(seen) == [1, 2, 3, 4]


async def event(lines):
    """The next event of a stream; its `id:` line agrees with the frame's."""
    name = None
    async for line in lines:
        if line.startswith("id: "):
            name = line.removeprefix("id: ")
        if line.startswith("data: "):
            frame = json.loads(line.removeprefix("data: "))
            assert frame.get("id") == name
            return frame
    raise AssertionError("the stream has ended")


async def test_events_over_http_need_a_credential(server):
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/api/v1/events")

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
