"""The shipped configuration of nginx, before API processes of their own."""

import asyncio
import json
import socket
from contextlib import closing

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from support.nginx import nginx
from support.receiver import RESET, Receiver, answer, receiving
from support.waiting import eventually
from tests.ops.conftest import OWN, SHARED

JOBS, UPLOADS = "/api/v1/jobs", "/api/v1/uploads"
ORDER = {"type": "data_processing", "payload": {"dataset": "sales_q1", "operation": "profile"}}
PAGE = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate, br"}
OF_EACH_ANSWER = {"connection", "date", "ratelimit", "x-request-id"}


def lasting(given):
    """The headers that do not differ from one answer to the next."""
    return {name: value for name, value in given.headers.items() if name not in OF_EACH_ANSWER}


@pytest.mark.parametrize("path", ["/", "/jobs/1", SHARED, "/api/v1/jobs", "/nothing", "/api/docs"])
async def test_what_the_api_says_arrives_as_it_said_it(web, apis, path):
    async with httpx.AsyncClient(trust_env=False) as client:
        said = await client.get(apis[0].url + path, headers={**PAGE, "Host": web.base_url.netloc})

    heard = await web.get(path, headers=PAGE)

    assert heard.status_code == said.status_code
    assert lasting(heard) == lasting(said)


async def test_a_job_is_submitted_and_seen_by_both_processes(operator, apis):
    made = await operator.post(JOBS, json=ORDER)
    token = {"Authorization": operator.headers["Authorization"]}

    async with httpx.AsyncClient(trust_env=False, headers=token) as client:
        seen = [await client.get(api.url + made.headers["location"]) for api in apis]

    assert made.status_code == 201
    assert [it.json()["id"] for it in seen] == [made.json()["id"]] * 2


async def test_clients_cannot_say_where_they_come_from(operator):
    login = {"username": "op", "password": "wrong"}
    spoofed = {"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"}

    await operator.post("/api/v1/auth/login", json=login, headers=spoofed)

    sessions = await operator.get("/api/v1/auth/sessions", headers=spoofed)
    assert {it["ip"] for it in sessions.json()["items"]} == {"127.0.0.1"}


async def test_the_first_event_comes_at_once_and_the_next_when_it_happens(operator):
    async with operator.stream("GET", "/api/v1/events") as events:
        lines = events.aiter_lines()
        async with asyncio.timeout(10):
            assert "connected" in await event_of(lines)

            made = await operator.post(JOBS, json=ORDER)

            assert made.json()["id"] in await event_of(lines)
    assert events.headers["content-type"].startswith("text/event-stream")


async def event_of(lines):
    async for line in lines:
        if line.startswith("data:"):
            return line
    raise AssertionError("the stream has ended")


async def test_a_socket_is_opened_for_pages_of_this_origin_alone(operator, proxy):
    token = operator.headers["Authorization"].removeprefix("Bearer ")
    address = f"ws://{proxy.place}/ws?token={token}"

    async with connect(address, origin=Origin(proxy.url)) as socket:
        assert json.loads(await socket.recv())["event"] == "connected"
        await socket.send("ping")
        assert json.loads(await socket.recv())["event"] == "pong"
        made = await operator.post(JOBS, json=ORDER)
        assert json.loads(await socket.recv())["job_id"] == made.json()["id"]
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, origin=Origin("http://elsewhere.example")):
            pass

    assert refused.value.response.status_code == 403
    assert token not in proxy.log


@pytest.mark.parametrize(
    ("size", "by"),
    [(1_500_000, "taskforge"), (3_000_000, "nginx")],
    ids=["the API", "nginx"],
)
async def test_a_body_that_is_too_large_is_refused_in_the_same_form(operator, size, by):
    refused = await operator.post(JOBS, json={**ORDER, "note": "x" * size})

    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "too_large"
    assert refused.headers["server"] == by


async def test_files_go_through_up_to_the_limit_of_the_api(operator):
    rows = b"region,amount\n" + b"north,1\n" * 500_000

    kept = await operator.post(UPLOADS, params={"filename": "a.csv"}, content=rows)

    assert kept.status_code == 201, kept.text
    assert kept.json()["size_bytes"] == len(rows)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/metrics/", "//metrics", "/%6detrics", "/x/../metrics", "/health/live",
        "/health/ready", "/health//ready", "/health/%72eady",
    ],
)  # fmt: skip
async def test_what_is_for_operators_is_not_for_everybody(proxy, path):
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(transport=elsewhere) as client:
        asked = httpx.Request("GET", proxy.url, extensions={"target": path.encode()})
        hidden = await client.send(asked)

    assert hidden.status_code == 404
    assert "taskforge_" not in hidden.text


async def test_the_container_may_ask_whether_a_process_is_ready(web):
    assert (await web.get("/health/ready")).json()["status"] == "ok"


@pytest.mark.parametrize("number", [0, 1])
async def test_a_page_of_either_release_finds_its_files_at_once_and_again(web, proxy, number):
    own = OWN.format(number)

    first = [await web.get(own) for _ in range(4)]
    packed = await web.get(own, headers={"Accept-Encoding": "gzip;q=0, br"})
    known = await web.get(own, headers={"If-None-Match": first[0].headers["etag"]})

    assert {(it.status_code, it.text) for it in first} == {(200, f"// {own}")}
    assert packed.headers["content-encoding"] == "br"
    assert known.status_code == 304
    asked = [line for line in proxy.log.splitlines() if own in line and '"cache":"MISS"' in line]
    assert len(asked) == 2  # one for each coding


async def test_a_request_without_a_key_is_never_sent_twice(tmp_path):
    async with receiving() as one, receiving() as other:
        for it in (one, other):
            it.says[JOBS] = [RESET]
        async with (
            nginx(tmp_path, [one.port, other.port]) as proxy,
            httpx.AsyncClient(base_url=proxy.url, trust_env=False) as client,
        ):
            lost = await client.post(JOBS, json=ORDER)

    assert len(one.calls[JOBS]) + len(other.calls[JOBS]) == 1
    assert (lost.status_code, lost.headers["retry-after"]) == (503, "2")
    assert lost.json()["code"] == "unavailable"


@pytest.mark.parametrize(
    ("method", "headers"),
    [("POST", {"Idempotency-Key": "a"}), ("GET", {}), ("PUT", {})],
    ids=["a keyed POST", "GET", "PUT"],
)
async def test_what_may_be_sent_twice_goes_to_the_next_process(tmp_path, method, headers):
    async with receiving() as one, receiving() as other:
        one.says[JOBS] = [RESET]
        other.says[JOBS] = [answer(200, b"done")]
        async with (
            nginx(tmp_path, [one.port, other.port]) as proxy,
            httpx.AsyncClient(base_url=proxy.url, trust_env=False, headers=headers) as client,
        ):
            answers = [await client.request(method, JOBS, content=b"{}") for _ in range(4)]

    assert [it.text for it in answers] == ["done"] * 4
    assert one.calls[JOBS]
    assert {call.body for it in (one, other) for call in it.calls[JOBS]} == {b"{}"}


async def test_what_reached_no_process_begins_anew(tmp_path):
    """As when the address of one that has left is tried until it is too late for another."""
    receiver = Receiver()
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, closing(socket.socket()) as one:
        one.connect(full.getsockname())  # as many as wait there to be accepted
        async with (
            nginx(tmp_path, [full.getsockname()[1]]) as proxy,
            httpx.AsyncClient(base_url=proxy.url, trust_env=False, timeout=30) as client,
        ):
            order = asyncio.create_task(client.post(JOBS, json=ORDER))
            await eventually(says(proxy, "timed out"))
            server = await asyncio.start_server(receiver.serve, sock=full)

            made = await order

            server.close()
            receiver.hang_up()

    assert made.status_code == 200
    assert [json.loads(it.body) for it in receiver.calls[JOBS]] == [ORDER]


def says(proxy, words):
    async def look():
        return words in proxy.log

    return look


async def test_without_any_process_it_says_so_and_its_files_are_still_there(tmp_path):
    async with receiving() as one:
        one.says[SHARED] = [answer(200, b"script", cache_control="max-age=60")]
        async with (
            nginx(tmp_path, [one.port]) as proxy,
            httpx.AsyncClient(base_url=proxy.url, trust_env=False) as client,
        ):
            await client.get(SHARED)
            one.says[JOBS] = [RESET]

            away = await client.get(JOBS)

            assert (await client.get(SHARED)).text == "script"
    assert len(one.calls[SHARED]) == 1
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert away.headers["cache-control"] == "no-store"
