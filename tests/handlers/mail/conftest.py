import asyncio
import email
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from email import policy
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from taskforge.handlers.builtin.email import email as email_job
from taskforge.handlers.mail.payload import EmailJob
from taskforge.outside.sink import ADDRESS, open_sink

SETTINGS = {"MAIL_FROM": "TaskForge <taskforge@example.com>", "ENVIRONMENT": "test"}


def parsed(source):
    """A message as a reader sees it, lines ended by LF."""
    message: Any = email.message_from_bytes(source.replace(b"\r\n", b"\n"), policy=policy.default)
    return message


@pytest.fixture
async def sink(ctx):
    """The sink itself; what it takes is in `messages`, and the context's settings point to it."""
    messages = []

    async def keep(batch):
        messages.extend(batch)

    async with open_sink(keep) as port:
        ctx.settings = {**SETTINGS, "SMTP_URL": f"sink://{ADDRESS}:{port}"}
        yield SimpleNamespace(messages=messages, port=port)


@pytest.fixture
async def another(ctx, tmp_path):
    """Makes the context of a later attempt of the same job, or, with `fresh`, of another job."""
    made = []

    def another(*, kept=None, fresh=False):
        folder = tmp_path / f"later{len(made)}"
        folder.mkdir()
        later = type(ctx)(folder, settings=ctx.settings, memory=ctx.memory)
        if not fresh:
            later.job_id, later.attempt = ctx.job_id, ctx.attempt + 1
            later.kept = ctx.kept if kept is None else kept
        made.append(later)
        return later

    yield another
    for one in made:
        await one.http.aclose()


@pytest.fixture
def send(ctx):
    """Checks a payload and runs the job; `on` is another context."""

    async def send(on=None, **payload):
        return await email_job(msgspec.convert(payload, EmailJob), on or ctx)

    return send


class Peer:
    """A mail server that does what it is told.

    `answers` maps a recipient to what it is told after RCPT, or, with a `data:` before it, after
    the message. `drop` closes the connection instead: `mail`, `rcpt`, `data` or `end`.
    """

    def __init__(self):
        self.got = []
        """Recipients of the messages that were accepted, in order."""
        self.sources = []
        self.sessions = 0
        self.most_sessions = None
        """Connections at once; further ones are told to come later."""
        self.answers = {}
        self.drop = {}
        self.held = {}
        """Recipients whose message is not answered before the event is set."""
        self.arrived = asyncio.Event()
        self.most_each = None
        """Messages that one connection may carry; 421 after that."""

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd looks for it
        if self.most_each is not None and getattr(session, "carried", 0) >= self.most_each:
            await server.push("421 4.7.0 Enough for one connection")
            server.transport.close()
            return "421 4.7.0 Enough"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd looks for it
        if self.drop.get(address) == "rcpt":
            server.transport.close()
            return "421 gone"
        answer = self.answers.get(address, "250 OK")
        if answer.startswith(("250", "data:")):
            envelope.rcpt_tos.append(address)
            return "250 OK"
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd looks for it
        first = envelope.rcpt_tos[0]
        self.arrived.set()
        if first in self.held:
            await self.held[first].wait()
        if self.drop.get(first) == "end":
            server.transport.close()
            return "421 gone"
        answer = self.answers.get(first, "")
        if answer.startswith("data:"):
            return answer.removeprefix("data:")
        session.carried = getattr(session, "carried", 0) + 1
        self.got.extend(envelope.rcpt_tos)
        self.sources.append(envelope.original_content)
        return "250 2.0.0 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        """Knows `ann` with the password `right`."""
        return AuthResult(success=data == LoginPassword(b"ann", b"right"), handled=False)


class Busy(asyncio.Protocol):
    def connection_made(self, transport: Any):
        transport.write(b"421 4.7.0 Too many connections\r\n")
        transport.close()


@asynccontextmanager
async def listening(peer, *, tls=None, implicit=False, **options):
    loop = asyncio.get_running_loop()
    protocols = []

    def session():
        if peer.most_sessions == peer.sessions:
            return Busy()
        peer.sessions += 1
        protocols.append(
            SMTP(
                peer,
                hostname="localhost",
                authenticator=peer.authenticate,
                tls_context=None if implicit else tls,
                loop=loop,
                **options,
            )
        )
        return protocols[-1]

    server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls if implicit else None)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in protocols:
            if one.transport is not None:
                one.transport.close()
        await server.wait_closed()


@pytest.fixture
async def serve(ctx):
    """Starts a server; the context's settings point to it, in clear text unless told otherwise."""
    async with AsyncExitStack() as stack:

        async def serve(url="smtp://127.0.0.1:{port}?starttls=off", **options):
            peer = Peer()
            port = await stack.enter_async_context(listening(peer, **options))
            ctx.settings = {**SETTINGS, "SMTP_URL": url.format(port=port)}
            return peer

        yield serve


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture(scope="session")
def server_tls(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch):
    """The test's authority is trusted as an operator would have it."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
