"""For which host a request is, and what can be read in two ways."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

from taskforge.api.app import create_app
from taskforge.api.head import Hosts
from taskforge.config import Settings
from tests.api.conftest import http_client, living
from tests.api.test_errors import problem

OURS = Hosts(["api.example.com", "*.apps.example.com", "[::1]", "127.0.0.1"])


@pytest.fixture
async def named(settings: Settings) -> AsyncIterator[Litestar]:
    hosts = "api.example.com, *.apps.example.com"
    app = create_app(msgspec.structs.replace(settings, allowed_hosts=hosts))
    async with living(app) as app:
        yield app


@pytest.mark.parametrize(
    "host",
    ["api.example.com", "API.Example.com:8443", "a.apps.example.com", "b.a.apps.example.com:80",
     "[::1]:8000", "[::1]", "127.0.0.1:8000"],
)  # fmt: skip
def test_names_of_ours_are_known_with_any_port(host: str):
    assert OURS.know(host)


@pytest.mark.parametrize(
    "host",
    ["", "example.com", "apiXexample.com", "api.example.com.evil.test", "evil-api.example.com",
     "api.example.com.", "api.example.com:", "api.example.com:80:80", "api.example.com:port",
     "me@api.example.com", "api.example.com/", "api.example.com\x00", "apps.example.com",
     ".apps.example.com.evil.test", "*.apps.example.com", "evil.test/.apps.example.com",
     "a\u0307pi.example.com", "api.example.com api.example.com", "::1", "127.0.0.2"],
)  # fmt: skip
def test_what_only_looks_like_a_name_of_ours_is_not(host: str):
    assert not OURS.know(host)


def test_without_a_list_every_name_will_do():
    assert Hosts([]).know("anything at all")
    assert Hosts(["api.example.com", "*"]).know("")


async def test_a_request_for_another_host_is_misdirected(named: Litestar):
    async with http_client(named) as client:
        headers = {"Host": "evil.test", "X-Forwarded-Host": "api.example.com"}
        refused = await client.get("/api/v1/auth/me", headers=headers)
        taken = await client.get(
            "/api/v1/auth/me", headers={"Host": "api.example.com", "X-Forwarded-Host": "evil.test"}
        )

    assert problem(refused, 421)["code"] == "misdirected"
    assert taken.status_code == 401


async def test_probes_may_come_by_address(named: Litestar):
    async with http_client(named, Host="10.0.0.7:8000") as client:
        found = {path: (await client.get(path)).status_code for path in PROBED}

    assert found == dict.fromkeys(PROBED, 200)


PROBED = ["/health/live", "/health/ready", "/metrics"]


async def test_a_socket_for_another_host_is_misdirected(named: Litestar):
    said = await handshake(named, [(b"host", b"evil.test")])

    assert said[0]["type"] == "websocket.http.response.start"
    assert said[0]["status"] == 421
    names = [name for name, _ in said[0]["headers"]]
    assert {b"x-request-id", b"content-security-policy", b"cache-control"} <= set(names)
    assert msgspec.json.decode(said[1]["body"])["code"] == "misdirected"


async def test_a_refused_socket_is_told_the_id_of_its_request(named: Litestar):
    headers = [(b"host", b"api.example.com"), (b"x-request-id", b"my-socket.42")]

    said = await handshake(named, headers)

    assert said[0]["status"] == 401
    assert (b"x-request-id", b"my-socket.42") in said[0]["headers"]
    assert msgspec.json.decode(said[1]["body"])["instance"] == "urn:request:my-socket.42"


@pytest.mark.parametrize(
    ("code", "headers"),
    [
        ("unclear_host", []),
        ("unclear_host", [("Host", "a.test"), ("Host", "a.test")]),
        ("unclear_length", [("Host", "a"), ("Content-Length", "2"), ("Content-Length", "2")]),
        ("unclear_length", [("Host", "a"), ("Transfer-Encoding", "gzip, chunked")]),
        (
            "unclear_length",
            [("Host", "a"), ("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
        ),
    ],
)
async def test_what_two_servers_could_read_in_two_ways_is_refused(
    app: Litestar, code: str, headers: list[tuple[str, str]]
):
    async with http_client(app) as client:
        request = client.build_request("GET", "/health/live")
        request.headers = httpx.Headers(headers)
        answer = await client.send(request)

    assert problem(answer, 400)["code"] == code


async def handshake(app: Litestar, headers: list[tuple[bytes, bytes]]) -> list[Any]:
    """What a server is told to answer to a client that wants a socket."""
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope: Any = {
        "type": "websocket", "path": "/ws", "raw_path": b"/ws", "query_string": b"",
        "headers": headers, "state": {}, "subprotocols": [], "root_path": "", "app": app,
        "client": ("192.0.2.1", 1), "server": ("192.0.2.2", 80), "scheme": "ws",
        "http_version": "1.1", "asgi": {"version": "3.0"},
        "extensions": {"websocket.http.response": {}},
    }  # fmt: skip
    await app(scope, receive, send)
    return said
