"""The mail sink: a small SMTP server on loopback that keeps what it gets, and sends nothing.

It listens on a port that the system chooses, and takes mail for anybody. Three recipients behave
like servers on bad days: `reject@`, `defer@` and `slow@demo.taskforge.test`.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from taskforge.core.mailbox import MAX_MESSAGE_BYTES, Caught, caught
from taskforge.log import get_logger

ADDRESS = "127.0.0.1"
IDLE_SECONDS = 60.0
MAX_RECIPIENTS = 100
MAX_CONNECTIONS = 1_000
DEMO = "@demo.taskforge.test"
REFUSALS = {
    f"reject{DEMO}": "550 5.7.1 This demo recipient refuses every message",
    f"defer{DEMO}": "451 4.7.1 This demo recipient asks for another try, always",
}
SLOW = f"slow{DEMO}"
SLOW_SECONDS = 2.0

Keep = Callable[[list[Caught]], Awaitable[None]]
log = get_logger(__name__)


class _Hooks:
    """What aiosmtpd asks; the names of the methods are its own."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = REFUSALS.get(address.lower())
        if refusal:
            return refusal
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if any(one.lower() == SLOW for one in envelope.rcpt_tos):
            await asyncio.sleep(SLOW_SECONDS)
        source = bytes(envelope.original_content or b"")
        await self._keep(caught(envelope.mail_from or "", envelope.rcpt_tos, source))
        return "250 2.0.0 Kept in the mailbox; nothing is sent"

    async def handle_exception(self, error: Exception) -> str:
        log.warning("sink.failed", error=error)
        return "451 4.3.0 The message cannot be kept now"


@asynccontextmanager
async def open_sink(keep: Keep, *, connections: int = MAX_CONNECTIONS) -> AsyncGenerator[int]:
    """Listen on the running loop; gives the port.

    Args:
        keep: stores a message, once for each recipient; the sender has its answer when it returns.
        connections: most at once; further ones are told to come later.

    Raises:
        OSError: there is no loopback to listen on.
    """
    # At `info` it tells of every command, addresses included.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    loop = asyncio.get_running_loop()
    sessions: WeakSet[Any] = WeakSet()
    hooks = _Hooks(keep)

    def session() -> asyncio.BaseProtocol:
        if sum(one.transport is not None for one in sessions) >= connections:
            return _Busy()
        made = SMTP(
            hooks,
            data_size_limit=MAX_MESSAGE_BYTES,
            hostname="localhost",
            ident="TaskForge sink",
            timeout=IDLE_SECONDS,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            loop=loop,
        )
        sessions.add(made)
        return made

    server = await loop.create_server(session, ADDRESS, 0, backlog=128)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for one in list(sessions):
            if one.transport is not None:
                one.transport.close()
        await server.wait_closed()


class _Busy(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections\r\n")
        transport.close()
