"""Delivering webhooks: due → claimed by receiver → signed → called → recorded.

Each receiver has a lane of its own: two calls at once, a breaker, and a lease that keeps other
schedulers away. What a lane records is guarded by the delivery's status, so a lane whose lease ran
out repeats a call at worst; receivers tell by `webhook-id`, which stays the same (S-31, S-32).
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from taskforge.core.failures import BlockedByPolicy, ErrorRecord, InvalidInput
from taskforge.core.ids import new_id
from taskforge.core.outbound import HttpFailed, HttpLimits
from taskforge.core.plain import plain_text, visible_text
from taskforge.core.priority import BY_RANK
from taskforge.core.seal import Unsealable, unseal
from taskforge.core.states import JobStatus
from taskforge.core.webhook import (
    BREAK_AFTER,
    Called,
    Course,
    WebhookBody,
    WebhookData,
    WebhookError,
    delay_after,
    patience,
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
from taskforge.metrics.webhooks import DELIVERIES, DELIVERY_SECONDS, DISABLED
from taskforge.tracing.jobs import delivered, delivering

LANES = 40
"""Receivers that one scheduler serves at once."""
COLLECT_SECONDS = 0.25
CALLS_PER_LANE = 2
PAGE = 50
PAGE_SECONDS = 20.0
"""After which no further call of a page begins: with a call's own 15 s it ends well before the
lane's lease, however slow a receiver is, and the next page renews that."""
DISABLE_BATCH = 1_000
LIMITS = HttpLimits(
    connect_seconds=5, first_byte_seconds=15, total_seconds=15, body_bytes=1_024, cut=True
)
MESSAGE_LIMIT, KIND_LIMIT = 500, 200
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
        """Take receivers with something due and serve them for a moment; how many.

        Those that take longer are served on beside the next ones.
        """
        async with self._deps.db.connect() as connection:
            await disable_pending(connection, limit=DISABLE_BATCH)
            free = LANES - len(self._lanes)
            lanes = await take_lanes(connection, self._owner, limit=free) if free else []
        for lane in lanes:
            task = asyncio.create_task(self._serve(lane))
            self._lanes[lane.endpoint] = task
            task.add_done_callback(lambda _, endpoint=lane.endpoint: self._lanes.pop(endpoint))
        if begun := [self._lanes[lane.endpoint] for lane in lanes]:
            await asyncio.wait(begun, timeout=COLLECT_SECONDS)
        return len(lanes)

    async def close(self) -> None:
        """Stop serving; calls in flight are cut off and made again by another scheduler."""
        tasks = list(self._lanes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, lane: Lane) -> None:
        """Deliver what is due for a receiver until nothing is, or it has to be left alone."""
        interrupted = False
        try:
            course = Course(lane.failures)
            while not course.ended:
                # A receiver that failed lately is asked with a single call first.
                most = PAGE if course.failures < BREAK_AFTER else 1
                async with self._deps.db.connect() as connection:
                    due = await due_in(connection, lane, self._owner, limit=most)
                if not due:
                    break
                course = await self._deliver(lane, due, Course(course.failures))
        except Exception:
            interrupted = True  # whatever it was, it comes back when the lease has run out
            log.exception("webhooks.interrupted", endpoint=str(lane.endpoint))
        finally:
            if not interrupted:
                await self._leave(lane)

    async def _leave(self, lane: Lane) -> None:
        try:
            async with self._deps.db.connect() as connection:
                await leave_lane(connection, lane, self._owner)
        except Exception as error:  # noqa: BLE001 - its lease runs out, and somebody else serves it
            log.warning("webhooks.lane_kept", endpoint=str(lane.endpoint), error=error)

    async def _deliver(self, lane: Lane, due: Sequence[Due], course: Course) -> Course:
        """Make these calls, two at a time, until the receiver is to be left alone."""
        keys = await self._keys(lane)  # for each page: a secret may have ended meanwhile
        waiting = list(reversed(due))
        until = time.monotonic() + PAGE_SECONDS
        records: list[Record] = []

        async def one_by_one() -> None:
            while waiting and not course.ended and time.monotonic() < until:
                delivery = waiting.pop()
                with delivering(delivery.id, delivery.job_id, delivery.traceparent) as span:
                    called = await self._call(lane, delivery, keys)
                    delivered(span, called.fault)
                records.append(_record(delivery, called, signed=bool(keys)))
                course.add(called)

        try:
            await asyncio.gather(*(one_by_one() for _ in range(CALLS_PER_LANE)))
        finally:
            # Also when we are leaving: what was delivered is not to be delivered again.
            if records:
                for status in (it.status for it in records):
                    DELIVERIES.labels("retrying" if status == "pending" else status).inc()
                async with self._deps.db.connect() as connection:
                    await record(connection, records)
                    await fare(connection, lane, self._owner, course)
        if course.reason:
            DISABLED.inc()
            log.error("webhook.disabled", endpoint=str(lane.endpoint), reason=course.reason)
        return course

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
            with DELIVERY_SECONDS.time():
                reply = await self._deps.http.fetch(
                    lane.url, method="POST", headers=headers, body=body, limits=LIMITS
                )
        except (BlockedByPolicy, InvalidInput):
            return Called(error="blocked")
        except HttpFailed as error:
            return Called(error=error.reason)
        return Called(
            status=reply.status,
            response=visible_text(reply.body.decode(errors="replace")),
            retry_after=patience(reply.header("retry-after"), datetime.now(UTC)),
        )

    async def _keys(self, lane: Lane) -> list[str]:
        """The secrets that sign now; none where the account has none.

        Raises:
            Unsealable: it has, and none can be opened: what its receivers expect to be signed is
                not sent without.
        """
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
                log.error("webhook.secret_lost", user_id=str(lane.user_id), error=error)
        if sealed and not keys:
            raise Unsealable("No signing secret of this account can be opened; is SECRET_KEY new?")
        return keys


def _record(delivery: Due, called: Called, *, signed: bool) -> Record:
    delay = None if called.delivered else delay_after(delivery.attempts + 1, called)
    status = "delivered" if called.delivered else "failed" if delay is None else "pending"
    return Record(
        delivery.id, status, delay or 0.0, called.status, called.error, called.response, signed
    )


def _body(delivery: Due) -> WebhookBody:
    return WebhookBody(
        type=delivery.event,
        timestamp=delivery.at or delivery.created_at,
        data=WebhookData(
            job_id=delivery.job_id,
            type=delivery.type,
            status=JobStatus(delivery.event.removeprefix("job.")),
            priority=None if delivery.priority is None else BY_RANK[delivery.priority],
            version=delivery.job_version,
            attempt=delivery.attempt,
            tags=delivery.tags or [],
            created_at=delivery.job_created_at,
            finished_at=delivery.at,
            error=_error(delivery.error) if delivery.error else None,
        ),
    )


def _error(record: str) -> WebhookError:
    error = msgspec.json.decode(record, type=ErrorRecord)
    return WebhookError(
        class_=error.class_,
        kind=plain_text(error.kind, KIND_LIMIT),
        message=plain_text(error.message, MESSAGE_LIMIT),
    )
