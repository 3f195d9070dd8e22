"""Scan type `ports`: TCP connections to a list of ports of one permitted host (S-33).

At most 20 at once and 50 a second. A service is greeted by its protocol, HTTP with HEAD and TLS
with a handshake; nothing else is sent.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from socket import socket, socketpair
from typing import NamedTuple

from taskforge.core.failures import JobError
from taskforge.core.outbound import HttpFailed
from taskforge.handlers.scan.finding import Check, Finding, Outcome, found
from taskforge.handlers.scan.handshake import NotAgreed, context_for, shake
from taskforge.handlers.scan.permit import require_permit
from taskforge.handlers.scan.scene import Once, Scene
from taskforge.handlers.scan.services import (
    BANNER,
    HTTP_PORTS,
    OPEN,
    RULES,
    TLS_PORTS,
    service_of,
    shown,
)

AT_ONCE = 20
APART = 1 / 50
"""Seconds between two connections."""
CONNECT_SECONDS = 3.0
GREETING_SECONDS = 1.5
GROUP = 20
"""Ports in one check; a time-out costs no more than these."""
DEMO_PORTS = {
    21: b"220 broken.taskforge.test FTP server (vsFTPd 2.3.4)\r\n",
    22: b"SSH-2.0-OpenSSH_9.9\r\n",
    5432: b"",
}
"""What the demo host listens on, and its greetings."""

VERSIONED = frozenset({"ssh", "vnc"})
"""Protocols that have to begin with a version."""

Connect = Callable[[int], Awaitable[socket]]
_VERSION = re.compile(r"\d+\.\d+")


class Answer(NamedTuple):
    """What a port did."""

    port: int
    state: str
    """`open`, `closed`, or `filtered`: no answer at all."""
    greeting: bytes = b""
    tls: str = ""
    """The version of TLS that it speaks."""


def checks(scene: Scene) -> list[Check]:
    """The steps of this scan, in order: the ports in groups."""
    connect = Once(lambda: _open(scene))
    ports = sorted(set(scene.options.ports if scene.target.port is None else (scene.target.port,)))
    groups = [ports[start : start + GROUP] for start in range(0, len(ports), GROUP)]
    return [
        Check(f"ports {group[0]} to {group[-1]}", _probing(scene, connect, group))
        for group in groups
    ]


def _probing(
    scene: Scene, connect: Once[Connect], ports: list[int]
) -> Callable[[], Awaitable[Outcome]]:
    async def probe() -> Outcome:
        gate = asyncio.Semaphore(AT_ONCE)
        opener = await connect()

        async def one(number: int, port: int) -> Answer | JobError:
            await asyncio.sleep(number * APART)
            async with gate:
                return await _probe(scene, opener, port)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(n, port)) for n, port in enumerate(ports)]
        answers: list[Answer] = []
        for task in tasks:
            answer = task.result()
            if isinstance(answer, JobError):
                raise answer
            answers.append(answer)
        return _judged(scene, answers)

    return probe


async def _open(scene: Scene) -> Connect:
    host, ctx = scene.target.host, scene.ctx
    if scene.target.is_demo:
        return _demo_connect
    reason = await require_permit(scene, scene.target.port)
    ctx.log("info", "active scan permitted", host=host, reason=reason)
    return lambda port: ctx.http.dial(host, port, seconds=CONNECT_SECONDS)


async def _demo_connect(port: int) -> socket:
    """A listener of the job's own, as a pair of sockets: nobody else can reach it."""
    if port not in DEMO_PORTS:
        raise HttpFailed("The target refused the connection.", reason="connect")
    ours, theirs = socketpair()
    ours.setblocking(False)
    with theirs:
        theirs.sendall(DEMO_PORTS[port])  # a greeting fits into the socket's buffer
    return ours


async def _probe(scene: Scene, connect: Connect, port: int) -> Answer | JobError:
    """What a port did, or what forbids asking any: no address, or one that jobs may not reach."""
    try:
        connection = await connect(port)
    except HttpFailed as error:
        state = {"connect": "closed", "timeout": "filtered"}.get(error.reason)
        return Answer(port, state) if state else error
    except JobError as error:
        return error
    if port in TLS_PORTS:
        return Answer(port, "open", tls=await _tls(scene, connection))
    with connection:
        return Answer(port, "open", await _greeting(scene, connection, port))


async def _greeting(scene: Scene, connection: socket, port: int) -> bytes:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            if port in HTTP_PORTS:
                host = scene.target.shown_host
                asked = f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
                await loop.sock_sendall(connection, asked.encode())
            return await loop.sock_recv(connection, 512)
    except (TimeoutError, OSError):
        return b""


async def _tls(scene: Scene, connection: socket) -> str:
    name = None if scene.target.is_address else scene.target.host
    context = context_for("")
    if context is None:
        return ""
    try:
        return (await shake(connection, context, name)).version
    except (NotAgreed, HttpFailed):
        return ""


def _judged(scene: Scene, answers: list[Answer]) -> Outcome:
    findings = [
        finding
        for answer in answers
        if answer.state == "open"
        for finding in _findings(scene, answer)
    ]
    return Outcome(findings, RULES, {"ports": [_row(answer) for answer in answers]})


def _findings(scene: Scene, answer: Answer) -> list[Finding]:
    place = scene.place(f"{scene.target.shown_host}:{answer.port}")
    service, banner = service_of(answer.port, answer.greeting), shown(answer.greeting)
    said = f"{service.name}, greeting {banner!r}" if banner else service.name
    findings = [found(service.rule or OPEN, place, said)]
    if _VERSION.search(banner) and service.name not in VERSIONED:
        findings.append(found(BANNER, place, banner))
    return findings


def _row(answer: Answer) -> dict[str, object]:
    row: dict[str, object] = {"port": answer.port, "state": answer.state}
    if answer.state == "open":
        row["service"] = service_of(answer.port, answer.greeting).name
        row["banner"] = shown(answer.greeting)
    if answer.tls:
        row["tls"] = answer.tls
    return row
