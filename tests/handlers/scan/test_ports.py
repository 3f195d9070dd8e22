import asyncio
import socket
import time

import pytest

from taskforge.core.failures import BlockedByPolicy
from taskforge.handlers.scan.services import service_of, shown


def states(result):
    return {row["port"]: row["state"] for row in result["facts"]["ports"]}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


async def greet(reader, writer):
    writer.write(b"220 mail.example ESMTP Postfix 3.9.1\r\nignored\r\n")
    await writer.drain()


@pytest.fixture
async def allowed(scans):
    await scans.reach(dial_hosts=frozenset({"127.0.0.1"}))
    scans.ctx.settings["SCAN_ALLOWED_TARGETS"] = "other.example, 127.0.0.1"
    return scans


async def test_the_demo_hosts_listeners_are_the_jobs_own(scans, rules):
    result = await scans("ports")

    assert result["backend"] == "built-in listeners"
    assert [port for port, state in states(result).items() if state == "open"] == [21, 22, 5432]
    assert rules(result) == {
        "ports.cleartext": "high", "ports.database": "high", "ports.banner": "low",
        "ports.open": "info",
    }  # fmt: skip


async def test_open_and_closed_ports_of_an_allowed_host_are_told_apart(allowed, rules, listen):
    closed = free_port()
    async with listen(greet) as port:
        result = await allowed("ports", "127.0.0.1", ports=[port, closed])

    assert states(result) == {port: "open", closed: "closed"}
    assert rules(result) == {"ports.open": "info", "ports.banner": "low"}
    row = next(row for row in result["facts"]["ports"] if row["port"] == port)
    assert (row["service"], row["banner"]) == (
        "ftp or smtp", "220 mail.example ESMTP Postfix 3.9.1"
    )  # fmt: skip


async def test_a_hundred_ports_stay_under_the_rate(allowed):
    began = time.monotonic()

    result = await allowed("ports", "127.0.0.1", ports=sorted({free_port() for _ in range(100)}))

    assert set(states(result).values()) == {"closed"}
    assert time.monotonic() - began >= (len(states(result)) - 5) / 50


async def test_a_port_in_the_target_is_the_only_one(allowed, listen):
    async with listen(greet) as port:
        result = await allowed("ports", f"127.0.0.1:{port}")

    assert states(result) == {port: "open"}


@pytest.mark.parametrize("target", ["127.0.0.1", "localhost", "10.0.0.1", "192.0.2.1", "[::1]"])
async def test_a_host_that_is_not_listed_is_never_touched(scans, target):
    with pytest.raises(BlockedByPolicy, match="SCAN_ALLOWED_TARGETS"):
        await scans("ports", target)


async def test_a_listed_name_does_not_open_private_addresses_by_itself(scans):
    # The list of the scan says who may be asked for; what may be reached is the guard's own list.
    scans.ctx.settings["SCAN_ALLOWED_TARGETS"] = "localhost"

    with pytest.raises(BlockedByPolicy, match="may not reach"):
        await scans("ports", "localhost", ports=[1])


async def test_a_silent_service_is_cancelled_at_once(allowed):
    quiet = socket.create_server(("127.0.0.1", 0))
    quiet.setblocking(False)
    with quiet:
        port = quiet.getsockname()[1]
        task = asyncio.create_task(allowed("ports", "127.0.0.1", ports=[port]))
        peer, _ = await asyncio.get_running_loop().sock_accept(quiet)
        with peer:
            before = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - before < 1


@pytest.mark.parametrize(
    ("port", "greeting", "name"),
    [
        (22, b"SSH-2.0-x", "ssh"),
        (2222, b"SSH-2.0-x", "ssh"),
        (21, b"220 hello", "ftp"),
        (25, b"220 hello", "smtp"),
        (9999, b"RFB 003.008\n", "vnc"),
        (9999, b"", "unknown"),
        (6379, b"", "redis"),
    ],
)
def test_a_service_is_known_by_its_greeting_or_its_port(port, greeting, name):
    assert service_of(port, greeting).name == name


def test_of_http_only_the_servers_name_is_shown():
    reply = b"HTTP/1.1 200 OK\r\nServer: nginx/1.25.3\r\nDate: x\r\n"

    assert shown(reply) == "nginx/1.25.3"
    assert shown(b"HTTP/1.1 404 No\r\n\r\n") == ""


def test_a_greeting_is_shown_without_control_characters():
    assert shown(b"\x00\x1b[31mred\xff\r\nsecond") == "··[31mred·"
