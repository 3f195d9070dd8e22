"""Delivering webhooks: due → claimed by receiver → signed → called → recorded.

Each receiver has a lane of its own: two calls at once, a breaker, and a lease that keeps other
schedulers away. What a lane records is guarded by the delivery's status, so a lane whose lease ran
out repeats a call at worst; receivers tell by `webhook-id`, which stays the same (S-31, S-32).
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from uuid import UUID

import msgspec

from taskforge.core.failures import BlockedByPolicy, InvalidInput
from taskforge.core.ids import new_id
from taskforge.core.outbound import HttpFailed, HttpLimits, HttpReply
from taskforge.core.plain import plain_text
from taskforge.core.priority import BY_RANK
from taskforge.core.seal import Unsealable, unseal
from taskforge.core.webhook import (
    BREAK_AFTER,
    DISABLE_AFTER,
    GONE,
    Called,
    WebhookBody,
    WebhookData,
    break_for,
    delay_after,
    signatures,
)
from taskforge.db.webhook_secrets import live_secrets
from taskforge.db.webhooks import (
    Due,
    Lane,
    Record,
    disable_pending,
    due_in,
    fare,
    leave_lane,
    record,
    take_lanes,
)
from taskforge.flows.deps import Deps
from taskforge.flows.receivers import judge_receiver
from taskforge.log import get_logger

LANES = 40
"""Receivers that one scheduler serves at once."""
CALLS_PER_LANE = 2
PAGE = 50
PAGE_SECONDS = 20.0
"""After which no further call of a page begins: with a call's own 15 s it ends well before the
lane's lease, however slow a receiver is, and the next page renews that."""
DISABLE_BATCH = 1_000
LIMITS = HttpLimits(
    connect_seconds=5, first_byte_seconds=15, total_seconds=15, body_bytes=1_024, cut=True
)
MESSAGE_LIMIT = 500
SECRET_PURPOSE = "webhook-secret"  # noqa: S105 - names a use

log = get_logger(__name__)


class Courier:
    """Serves receivers for one scheduler.

    Args:
        deps: opened on the running loop.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._owner = new_id()
        self._lanes: dict[UUID, asyncio.Task[None]] = {}

    async def collect(self) -> int:
        """Take receivers with something due and begin to serve them; how many."""
        async with self._deps.db.connect() as connection:
            await disable_pending(connection, limit=DISABLE_BATCH)
            free = LANES - len(self._lanes)
            lanes = await take_lanes(connection, self._owner, limit=free) if free else []
        for lane in lanes:
            task = asyncio.create_task(self._serve(lane))
            self._lanes[lane.endpoint] = task
            task.add_done_callback(lambda _, endpoint=lane.endpoint: self._lanes.pop(endpoint))
        return len(lanes)

    async def close(self) -> None:
        """Stop serving; calls in flight are cut off and made again by another scheduler."""
        tasks = list(self._lanes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, lane: Lane) -> None:
        """Deliver what is due for a receiver until nothing is, or it has to be left alone."""
        try:
            keys = await self._keys(lane)
            failures = lane.failures
            while True:
                # A receiver that failed lately is asked with a single call first.
                most = PAGE if failures < BREAK_AFTER else 1
                async with self._deps.db.connect() as connection:
                    due = await due_in(connection, lane, self._owner, limit=most)
                if not due:
                    break
                failures, left_alone = await self._deliver(lane, due, keys, failures)
                if left_alone:
                    break
        except Exception:
            log.exception("webhooks.interrupted", endpoint=str(lane.endpoint))
        finally:
            await self._leave(lane)

    async def _leave(self, lane: Lane) -> None:
        try:
            async with self._deps.db.connect() as connection:
                await leave_lane(connection, lane, self._owner)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and somebody else serves it
            log.warning("webhooks.lane_kept", endpoint=str(lane.endpoint), error=repr(error))

    async def _deliver(
        self, lane: Lane, due: Sequence[Due], keys: Sequence[str], failures: int
    ) -> tuple[int, bool]:
        """Make these calls, two at a time; failures in a row, and whether to leave it alone."""
        waiting = list(reversed(due))
        until = time.monotonic() + PAGE_SECONDS
        records: list[Record] = []
        pause, reason = 0.0, None
        known = failures

        async def one_by_one() -> None:
            nonlocal failures, pause, reason
            while waiting and not pause and reason is None and time.monotonic() < until:
                delivery = waiting.pop()
                called = await self._call(lane, delivery, keys)
                records.append(_record(delivery, called))
                failures = 0 if called.delivered else failures + 1
                if not called.delivered:
                    pause = max(pause, break_for(failures, called))
                    reason = reason or _end_of(failures, called)

        try:
            await asyncio.gather(*(one_by_one() for _ in range(CALLS_PER_LANE)))
        finally:
            # Also when we are leaving: what was delivered is not to be delivered again.
            async with self._deps.db.connect() as connection:
                if records:
                    await record(connection, records)
                if failures or known or pause or reason:
                    await fare(
                        connection, lane, self._owner, failures=failures, pause=pause,
                        reason=reason,
                    )  # fmt: skip
        if reason:
            log.error("webhook.disabled", endpoint=str(lane.endpoint), reason=reason)
        return failures, bool(pause or reason)

    async def _call(self, lane: Lane, delivery: Due, keys: Sequence[str]) -> Called:
        body = msgspec.json.encode(_body(delivery))
        now = int(datetime.now(UTC).timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": str(delivery.id),
            "webhook-timestamp": str(now),
        }
        if keys:
            headers["webhook-signature"] = signatures(keys, str(delivery.id), now, body)
        try:
            judge_receiver(self._deps, lane.url)  # the rules may be others than at submission
            reply = await self._deps.http.fetch(
                lane.url, method="POST", headers=headers, body=body, limits=LIMITS
            )
        except (BlockedByPolicy, InvalidInput):
            return Called(error="blocked")
        except HttpFailed as error:
            return Called(error=error.reason)
        return Called(
            status=reply.status,
            response=plain_text(reply.body.decode(errors="replace"), LIMITS.body_bytes),
            retry_after=_retry_after(reply),
        )

    async def _keys(self, lane: Lane) -> list[str]:
        if lane.user_id is None:
            return []
        async with self._deps.db.connect() as connection:
            sealed = await live_secrets(connection, lane.user_id)
        keys: list[str] = []
        for one in sealed:
            try:
                key = self._deps.settings.secret_key
                keys.append(unseal(key, one, purpose=SECRET_PURPOSE, owner=str(lane.user_id)))
            except Unsealable as error:
                log.error("webhook.secret_lost", user_id=str(lane.user_id), error=str(error))
        return keys


def _record(delivery: Due, called: Called) -> Record:
    delay = None if called.delivered else delay_after(delivery.attempts + 1, called)
    status = "delivered" if called.delivered else "failed" if delay is None else "pending"
    return Record(delivery.id, status, delay or 0.0, called.status, called.error, called.response)


def _end_of(failures: int, called: Called) -> str | None:
    """Why the receiver gets nothing more, if so."""
    if called.status == GONE:
        return "it answered 410 Gone"
    return f"{failures} failures in a row" if failures >= DISABLE_AFTER else None


def _body(delivery: Due) -> WebhookBody:
    error = msgspec.json.decode(delivery.error) if delivery.error else None
    if error:
        error = {name: error[name] for name in ("class", "kind", "message") if name in error}
        error["message"] = plain_text(error.get("message", ""), MESSAGE_LIMIT)
    return WebhookBody(
        type=delivery.event,
        timestamp=delivery.at or delivery.created_at,
        data=WebhookData(
            job_id=delivery.job_id,
            type=delivery.type,
            status=delivery.event.removeprefix("job."),
            priority=None if delivery.priority is None else BY_RANK[delivery.priority].value,
            version=delivery.job_version,
            attempt=delivery.attempt,
            tags=delivery.tags or [],
            created_at=delivery.job_created_at,
            finished_at=delivery.at,
            error=error,
        ),
    )


def _retry_after(reply: HttpReply) -> float | None:
    """Seconds that the receiver asked for, as a number or a date (RFC 9110 §10.2.3)."""
    asked = reply.header("retry-after")
    if asked is None or 200 <= reply.status < 300:
        return None
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
