"""Webhook deliveries: what is sent, how it is signed, when it is tried again (SPEC §6, S-31, S-32).

The signature is that of Standard Webhooks: `v1,` and base64 of HMAC-SHA256 over
`id.timestamp.body`, with one signature for each live secret.
"""

import base64
import hashlib
import hmac
import random
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

DELAYS = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds before the first try, and after each failed one; then it is given up."""
JITTER = 0.1
RETRY_AFTER_LIMIT = 86_400.0
SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of all of them
SECRET_BYTES = 32
OVERLAP_SECONDS = 86_400.0
"""How long a rotated secret still signs, beside the new one."""

BREAK_AFTER = 3
"""Failures in a row after which a receiver is left alone for a while, then tried with one call."""
BREAK_SECONDS, BREAK_LIMIT = 5.0, 600.0
DISABLE_AFTER = 50
"""Failures in a row after which a receiver gets nothing more, until somebody redelivers."""
GONE = 410

Status = Literal["pending", "delivered", "failed", "disabled"]


class WebhookData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a webhook says of its job; payload and result are for `GET /jobs/{id}`."""

    job_id: UUID
    type: str | None = None
    """None, as with what follows, when the job has been deleted meanwhile."""
    status: str
    priority: str | None = None
    version: int
    attempt: int | None = None
    tags: list[str] = []
    created_at: datetime | None = None
    finished_at: datetime | None = None
    error: dict[str, Any] | None = None
    """`class`, `kind` and `message`, at most 500 characters of it."""


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook: thin, below 20 kB."""

    type: str
    """`job.success`, `job.failed`, `job.dead_letter` or `job.cancelled`."""
    timestamp: datetime
    """When it happened, not when it is sent."""
    data: WebhookData


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """How one call ended."""

    status: int | None = None
    """The HTTP status, where there was an answer."""
    error: str | None = None
    """Why there was none: `blocked`, `dns`, `connect`, `timeout`, `tls`, `protocol`."""
    response: str | None = None
    """The beginning of the answer's body."""
    retry_after: float | None = None
    """Seconds that the receiver asked for."""

    @property
    def delivered(self) -> bool:
        """Only 2xx is success; a redirect is a failure."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def final(self) -> bool:
        """Whether a repetition cannot help: the rules forbid the address, or nobody is there."""
        return self.error == "blocked" or self.status == GONE


def delay_after(attempts: int, called: Called) -> float | None:
    """Seconds until the next try; None when there is none.

    Args:
        attempts: calls made, this one included, from 1.
        called: how the last one ended.
    """
    if called.final or attempts >= len(DELAYS):
        return None
    wanted = DELAYS[attempts] * (1 + random.uniform(0, JITTER))  # noqa: S311 - spreads load only
    return max(wanted, min(called.retry_after or 0.0, RETRY_AFTER_LIMIT))


def break_for(failures: int, called: Called) -> float:
    """Seconds for which a receiver is left alone after so many failures in a row.

    A receiver that asks for patience gets it for all its deliveries.
    """
    asked = min(called.retry_after or 0.0, BREAK_LIMIT)
    if failures < BREAK_AFTER:
        return asked
    return max(asked, min(BREAK_SECONDS * 2.0 ** min(failures - BREAK_AFTER, 20), BREAK_LIMIT))


def new_secret() -> str:
    """A signing secret, in the form that receivers' libraries take."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signatures(keys: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`: one for each secret, newest first, spaces between.

    Args:
        keys: secrets as `new_secret` makes them.
        message_id: the header `webhook-id`.
        timestamp: the header `webhook-timestamp`, seconds since 1970.
        body: exactly what is sent.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    digests = [
        hmac.digest(base64.b64decode(key.removeprefix(SECRET_PREFIX)), signed, hashlib.sha256)
        for key in keys
    ]
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)
