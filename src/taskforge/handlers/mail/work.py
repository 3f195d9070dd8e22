"""One attempt at an `email` job: prepare, send to those without an outcome, tell what became."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

import msgspec

from taskforge.core.failures import InvalidInput, TargetError
from taskforge.handlers.base import Context
from taskforge.handlers.mail.attachments import check_traffic
from taskforge.handlers.mail.ledger import FINAL, Delivery, Status, kept_deliveries, key_of
from taskforge.handlers.mail.letters import Letters, prepare
from taskforge.handlers.mail.message import message_id
from taskforge.handlers.mail.payload import EmailJob, Recipient
from taskforge.handlers.mail.result import (
    LEDGER,
    SINK_WARNING,
    Result,
    Stats,
    cut,
    fit,
    in_words,
    summary_of,
)
from taskforge.handlers.mail.sending import Sending, Task
from taskforge.handlers.mail.server import Server, server_of
from taskforge.handlers.mail.suppression import suppressed

CHECKS_AT_ONCE = 20
"""Messages rendered on trial before others get the loop."""


class Mailing:
    """An attempt.

    Args:
        ask: the payload.
        ctx: of the attempt.
    """

    def __init__(self, ask: EmailJob, ctx: Context) -> None:
        self._ask = ask
        self._ctx = ctx
        self._began = monotonic()
        self._everyone = {key_of(one.mailbox): one for one in ask.everyone()}
        self._records: dict[str, Delivery] = {}
        self._sent = 0
        self._done = 0

    async def run(self) -> dict[str, Any]:
        """Do it; the result.

        Raises:
            JobError: of the class that fits; see `builtin.email`.
        """
        ctx = self._ctx
        await ctx.progress(percent=0, stage="prepare")
        production = ctx.setting("ENVIRONMENT") == "production"
        server = server_of(ctx.setting("SMTP_URL"), production=production)
        letters = await prepare(self._ask, ctx)
        self._records = await kept_deliveries(ctx)
        await self._skip_suppressed()
        pending = self._pending()
        self._done = len(self._everyone) - len(pending)
        check_traffic(letters.files, len(pending))
        self._check_pace(len(pending))
        await self._try_out(letters, pending)
        sending = Sending(
            ctx, server, [self._task(letters, one) for one in pending],
            per_minute=self._ask.per_minute if isinstance(self._ask.per_minute, int) else None,
            record=self._record,
        )  # fmt: skip
        await self._tell_progress()
        if pending:
            await sending.run()
        return await self._finish(server, letters, sending.connections)

    def _pending(self) -> list[Recipient]:
        """Those who have no final outcome yet."""
        records = self._records
        return [
            one
            for key, one in self._everyone.items()
            if key not in records or records[key].status not in FINAL
        ]

    async def _skip_suppressed(self) -> None:
        if self._ask.ignore_suppressed:
            return
        now = datetime.now(UTC)
        pending = [one.mailbox for one in self._pending()]
        keys = await suppressed(self._ctx, pending, now)
        for one in pending:
            if one.key in keys:
                skipped = Delivery(
                    recipient=one.email,
                    status=Status.SKIPPED,
                    message="the address bounced in the last 30 days",
                    at=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                )
                await self._ctx.checkpoint(skipped, key=key_of(one))
                self._records[key_of(one)] = skipped
                self._ctx.log("warning", "skipped: it bounced lately", recipient=one.email)

    def _check_pace(self, messages: int) -> None:
        """Refuse what cannot be done in time: it would only be cut off, again and again."""
        pace = self._ask.per_minute
        left = (self._ctx.deadline - datetime.now(UTC)).total_seconds()
        if isinstance(pace, int) and (messages - 1) * 60 / pace > left:
            raise InvalidInput(
                f"{messages} messages at {pace} a minute take longer than the {left:,.0f} s that"
                " this attempt has: raise `per_minute`, or the job's `timeout_seconds`."
            )

    async def _try_out(self, letters: Letters, pending: Sequence[Recipient]) -> None:
        """Render every message before the first is sent: a fault must not show up half-way."""
        for number, recipient in enumerate(pending):
            try:
                letters.try_out(recipient)
            except InvalidInput as error:
                raise InvalidInput(f"For {recipient.email}: {error}") from error
            if number % CHECKS_AT_ONCE == 0:
                await asyncio.sleep(0)

    def _task(self, letters: Letters, recipient: Recipient) -> Task:
        earlier = self._records.get(key_of(recipient.mailbox))
        return Task(
            mailbox=recipient.mailbox,
            message_id=message_id(self._ctx.job_id, letters.sender, recipient.mailbox),
            attempts=1 + (earlier.attempts if earlier else 0),
            compose=partial(letters.envelope, recipient),
        )

    async def _record(self, key: str, delivery: Delivery) -> None:
        self._records[key] = delivery
        self._sent += 1
        self._done += delivery.status in FINAL
        await self._tell_progress()

    async def _tell_progress(self) -> None:
        done = self._done
        await self._ctx.progress(
            current=done, total=len(self._everyone), stage="send", message=f"{done} done"
        )

    async def _finish(self, server: Server, letters: Letters, connections: int) -> dict[str, Any]:
        deliveries = [self._records[key] for key in self._everyone]
        words = in_words(deliveries)
        self._ctx.log("info", f"mail sent: {words}", transport=server.transport)
        await self._refuse_failure(deliveries, words)
        preview, warnings = cut(letters.preview(next(iter(self._everyone.values()))))
        result = Result(
            backend=server.transport,
            transport=server.transport,
            deliveries=deliveries,
            summary=summary_of(deliveries),
            preview=preview,
            warnings=[*self._warnings(server, letters), *warnings],
            stats=self._stats(connections),
        )
        plain, was_cut = fit(result)
        if was_cut:
            await self._publish(deliveries)
        return plain

    async def _refuse_failure(self, deliveries: Sequence[Delivery], words: str) -> None:
        """Fail where somebody is still to be written to, or nobody was reached."""
        statuses = {one.status for one in deliveries}
        if Status.ACCEPTED in statuses and Status.DEFERRED not in statuses:
            return
        await self._publish(deliveries)
        worst = next((one for one in deliveries if one.status is Status.DEFERRED), deliveries[0])
        answer = f"{worst.code or ''} {worst.message}".strip()
        if worst.status is Status.DEFERRED:
            raise TargetError(
                f"{words}. The deferred recipients are tried again; {worst.recipient}: {answer}."
            )
        raise InvalidInput(
            f"{words}: no server took the message; {worst.recipient}: {answer}. Submit a new job to"
            " try again."
        )

    async def _publish(self, deliveries: Sequence[Delivery]) -> None:
        async with self._ctx.artifact(LEDGER, "application/json") as file:
            await file.write(msgspec.json.format(msgspec.json.encode(deliveries)))

    def _warnings(self, server: Server, letters: Letters) -> list[str]:
        found = [SINK_WARNING] if server.transport == "sink" else []
        merged = self._ask.mentioned - len(self._everyone)
        if merged:
            found.append(f"Recipients named more than once got one message: {merged} merged.")
        unused = letters.unused_variables()
        if unused:
            found.append(f"Nothing uses these variables: {', '.join(unused)[:300]}.")
        return found

    def _stats(self, connections: int) -> Stats:
        seconds = monotonic() - self._began
        return Stats(
            elapsed_ms=round(seconds * 1000),
            sent=self._sent,
            messages_per_second=round(self._sent / seconds, 1),
            connections=connections,
        )
