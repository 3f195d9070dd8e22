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
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal
from uuid import UUID

import msgspec

from taskforge.core.failures import ErrorClass
from taskforge.core.priority import Priority
from taskforge.core.states import JobStatus

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
"""Failures in a row after which a receiver gets nothing more, until somebody enables it."""
GONE = 410

Status = Literal["pending", "delivered", "failed", "disabled"]
Event = Literal["job.success", "job.failed", "job.dead_letter", "job.cancelled"]
"""What a webhook tells of: the status in which its job ended."""
EndpointState = Literal["ok", "backing_off", "disabled"]


class WebhookError(msgspec.Struct, frozen=True, kw_only=True):
    """How the job failed; the rest is for `GET /jobs/{id}`."""

    class_: ErrorClass = msgspec.field(name="class")
    kind: str
    """Name of the exception's class, or of the event."""
    message: str
    """At most 500 characters."""


class WebhookData(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a webhook says of its job; payload and result are for `GET /jobs/{id}`."""

    job_id: UUID
    type: str | None = None
    """None, as with what follows, when the job has been deleted meanwhile."""
    status: JobStatus
    priority: Priority | None = None
    version: int
    attempt: int | None = None
    tags: list[str] = []
    created_at: datetime | None = None
    finished_at: datetime | None = None
    error: WebhookError | None = None
    """Of `failed` and `dead_letter`."""


class WebhookBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook: thin, below 20 kB."""

    type: Event
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
    def fault(self) -> str | None:
        """Why it was not delivered, in a word; None when it was."""
        return None if self.delivered else self.error or str(self.status)

    @property
    def final(self) -> bool:
        """Whether a repetition cannot help: the rules forbid the address, or nobody is there."""
        return self.error == "blocked" or self.status == GONE


@dataclass
class Course:
    """How a receiver fares, call by call."""

    failures: int
    """In a row, the last call included."""
    pause: float = 0.0
    """Seconds for which it is left alone; 0 for none."""
    reason: str | None = None
    """Why it gets nothing more; None when it does."""
    succeeded: bool = False
    failed: bool = False

    @property
    def ended(self) -> bool:
        """Whether it is to be called no more for now."""
        return bool(self.pause) or self.reason is not None

    def add(self, called: Called) -> None:
        """Count one more call."""
        if called.delivered:
            self.failures, self.succeeded = 0, True
            return
        self.failures, self.failed = self.failures + 1, True
        self.pause = max(self.pause, break_for(self.failures, called))
        if self.reason is None:
            self.reason = _end_after(self.failures, called)


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver: one address that jobs of one account named, and how it fares."""

    id: UUID
    url: str
    user_id: UUID | None = None
    """Whose jobs name it, and whose secret signs what it gets."""
    state: EndpointState
    failures: int
    """In a row, up to now."""
    backing_off_until: datetime | None = None
    disabled_at: datetime | None = None
    reason: str | None = None
    """Why it gets nothing more until it is enabled."""
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    pending: int
    """Webhooks that it is owed; counted up to 1,000."""


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


def patience(asked: str | None, now: datetime) -> float | None:
    """Seconds that a `Retry-After` asks for, as a number or a date (RFC 9110 §10.2.3).

    Args:
        asked: the header, whatever it says.
        now: in UTC.

    Returns:
        0 or more; None for a header that is not there or makes no sense.
    """
    if asked is None:
        return None
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(asked)
        return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


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


def _end_after(failures: int, called: Called) -> str | None:
    if called.status == GONE:
        return "it answered 410 Gone"
    return f"{failures} failures in a row" if failures >= DISABLE_AFTER else None
