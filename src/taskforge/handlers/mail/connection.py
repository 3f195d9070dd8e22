"""One SMTP connection: opened within limits, used for a number of messages, closed or cut."""

import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from taskforge.core.failures import NotConfigured, TargetError
from taskforge.handlers.mail.ledger import short
from taskforge.handlers.mail.server import Server

CONNECT_SECONDS = 15.0
COMMAND_SECONDS = 30.0
DATA_SECONDS = 120.0
"""For the answer to a whole message: servers look into it first."""
QUIT_SECONDS = 2.0
GOING = 421
"""The server closes the connection (RFC 5321 §3.8)."""


class Envelope(NamedTuple):
    """A message as the protocol sees it."""

    sender: str
    recipient: str
    copies: Sequence[str]
    source: bytes


class Reply(NamedTuple):
    """The server's word on a message for its main recipient."""

    code: int
    text: str
    refused_copies: tuple[str, ...] = ()


class Lost(Exception):
    """The connection is of no more use.

    Args:
        message: for people.
        early: nothing of the message had been handed over, so it may go through another one.
    """

    def __init__(self, message: str, *, early: bool) -> None:
        super().__init__(message)
        self.early = early


class Unreachable(TargetError):
    """No connection: the server is away, has no room for another, or is not who it says."""


class Connection:
    """An open connection; see `connect`."""

    def __init__(self, smtp: SMTP) -> None:
        self.carried = 0
        """Messages so far."""
        self._smtp = smtp

    async def send(self, envelope: Envelope) -> Reply:
        """Hand over one message.

        Raises:
            Lost: no answer, or one that cannot be understood.
        """
        early = True
        try:
            await self._smtp.mail(envelope.sender)
            await self._smtp.rcpt(envelope.recipient)
            refused = await self._offer(envelope.copies)
            early = False
            answer = await self._smtp.data(envelope.source, timeout=DATA_SECONDS)
        except SMTPResponseException as error:
            if error.code == GOING or error.code < 400:
                raise Lost(
                    f"it answered {error.code} {short(error.message)}", early=early
                ) from error
            await self._reset()
            self.carried += 1
            return Reply(error.code, short(error.message))
        except (SMTPException, OSError) as error:
            raise Lost("it went away, or took too long to answer", early=early) from error
        self.carried += 1
        return Reply(answer.code, short(answer.message), refused)

    async def leave(self) -> None:
        """Say goodbye, and close."""
        with suppress(SMTPException, OSError):
            await self._smtp.quit(timeout=QUIT_SECONDS)
        self.cut()

    def cut(self) -> None:
        """Close at once."""
        self._smtp.close()

    async def _offer(self, copies: Sequence[str]) -> tuple[str, ...]:
        refused: list[str] = []
        for copy in copies:
            try:
                await self._smtp.rcpt(copy)
            except SMTPResponseException as error:
                if error.code == GOING:
                    raise
                refused.append(f"{copy} ({error.code})")
        return tuple(refused)

    async def _reset(self) -> None:
        # A server that has refused DATA may still hold the envelope. If even this fails, the next
        # message finds the connection lost, and nothing of it handed over.
        with suppress(SMTPException, OSError):
            await self._smtp.rset()


async def connect(server: Server, tls: ssl.SSLContext | None) -> Connection:
    """Open a connection, encrypt it and sign in, as the server's address says.

    Raises:
        Unreachable: it cannot be reached, is not who it says, or is busy.
        NotConfigured: it does not know the account, or offers no STARTTLS.
    """
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user,
        password=server.password,
        local_hostname="localhost" if server.transport == "sink" else None,
        use_tls=server.scheme == "smtps",
        start_tls=server.starttls,
        tls_context=tls,
        timeout=CONNECT_SECONDS,
    )
    try:
        await smtp.connect()
    except SMTPAuthenticationError as error:
        raise _not_signed_in(error) from error
    except SMTPResponseException as error:
        said = f"{error.code} {short(error.message)}"
        raise Unreachable(f"The mail server turned us away: {said}.") from error
    except OSError as error:
        raise Unreachable(_unreachable(error)) from error
    except SMTPException as error:  # what the server did not offer
        raise NotConfigured(
            "The mail server does not support what SMTP_URL asks for (STARTTLS, or signing in);"
            " use smtps://, or add ?starttls=off where clear text is acceptable."
        ) from error
    smtp.timeout = COMMAND_SECONDS
    return Connection(smtp)


def _not_signed_in(error: SMTPAuthenticationError) -> Exception:
    said = f"{error.code} {short(error.message)}"
    if 400 <= error.code < 500:
        return Unreachable(f"The mail server cannot sign us in now: {said}.")
    return NotConfigured(f"The mail server refused the account in SMTP_URL: {said}.")


def _unreachable(error: Exception) -> str:
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
        return (
            "The mail server's certificate is not trusted, or TLS failed; if a private authority"
            " signed it, name its file in SSL_CERT_FILE."
        )
    return "The mail server of SMTP_URL cannot be reached, or took too long to answer."


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
