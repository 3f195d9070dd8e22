"""The context that a handler works with; the contract that it keeps is `handlers.context`."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from taskforge.core.companion import CompanionLimits
from taskforge.core.events import Event, JobFrame, LogLine, StreamPart
from taskforge.core.failures import ErrorRecord
from taskforge.core.files import StoredFile
from taskforge.core.history import ArtifactRecord
from taskforge.core.job import JobRow, Progress
from taskforge.core.plain import plain_json, plain_text
from taskforge.core.sandbox import SandboxLimits
from taskforge.db.logs import Line
from taskforge.flows.files import ArtifactDraft, AttemptFiles
from taskforge.flows.frames import moved
from taskforge.flows.keepsakes import Keepsakes
from taskforge.flows.unit import Unit
from taskforge.handlers.context import Outbound
from taskforge.outside.child.run import run_child

PROGRESS_SECONDS = 0.2
"""Reports that come sooner after the last one wait for their turn; only the newest leaves."""
STREAM_SECONDS = 0.1
STREAM_LIMIT = 1_000_000
"""Characters that one attempt may stream; what comes after is not shown."""
STREAM_PIECE = 32_768
"""Characters of one frame; the rest waits for the next."""
LINES_LIMIT = 2_000
LOG_BYTES_LIMIT = 1_000_000
LINE_LIMIT = 4_000
SEQ_STRIDE = 10_000
"""Each attempt numbers its lines from a range of its own, so that `seq` rises within the job."""
LEVELS = frozenset({"debug", "info", "warning", "error"})


class JobContext:
    """What one attempt sees of the world around it; see `handlers.context.Context`."""

    def __init__(self, unit: Unit, row: JobRow, previous_error: ErrorRecord | None) -> None:
        self.job_id: UUID = row.id
        self.attempt: int = row.attempt
        self.previous_error = previous_error
        self.deadline = (row.started_at or datetime.now(UTC)) + timedelta(
            seconds=row.timeout_seconds
        )
        self.datasets_dir: Path = unit.deps.settings.datasets_dir
        self.http: Outbound = unit.deps.http
        self._ends_at = time.monotonic() + row.timeout_seconds
        self._unit = unit
        self._row = row
        self._latest: Progress | None = None
        self._reported_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._lines = 0
        self._log_bytes = 0
        self._last_line: asyncio.Future[None] | None = None
        self._unsent: list[str] = []
        self._taken = 0
        """Characters of the stream that were taken, and of those, that were sent."""
        self._streamed = 0
        self._stream_timer: asyncio.TimerHandle | None = None
        self._files = AttemptFiles(unit, row)
        self._keepsakes = Keepsakes(unit, row)
        self._closed = False

    @property
    def latest(self) -> Progress | None:
        """The newest progress of this attempt."""
        return self._latest

    async def progress(
        self,
        *,
        percent: float | None = None,
        current: float | None = None,
        total: float | None = None,
        stage: str | None = None,
        message: str | None = None,
    ) -> None:
        """Report how far the work has come."""
        self._take(
            Progress(percent=percent, current=current, total=total, stage=stage, message=message)
        )
        # A point where a stop request can take hold, even in a handler that awaits nothing else.
        await asyncio.sleep(0)

    def log(self, level: str, message: str, **fields: Any) -> None:
        """Add a line to the job's log."""
        if self._closed or self._lines > LINES_LIMIT or self._log_bytes > LOG_BYTES_LIMIT:
            return
        text = plain_text(message, LINE_LIMIT)
        body = plain_json(fields, LINE_LIMIT) if fields else None
        self._lines += 1
        self._log_bytes += len(text) + len(body or "")
        if self._lines > LINES_LIMIT or self._log_bytes > LOG_BYTES_LIMIT:
            level, text, body = "warning", "log truncated: this attempt wrote too much", None
        self._write(level if level in LEVELS else "info", text, body)

    def stream(self, text: str) -> None:
        """Show text to those who watch this job while it is being made."""
        room = STREAM_LIMIT - self._taken
        if not text or room <= 0 or self._closed:
            return
        plain = plain_text(text, room)
        self._taken += len(plain)
        self._unsent.append(plain)
        if self._stream_timer is None:
            loop = asyncio.get_running_loop()
            self._stream_timer = loop.call_later(STREAM_SECONDS, self._send_stream)

    def setting(self, name: str) -> str:
        """A setting that job types may read, as its text."""
        deps = self._unit.deps
        if name == "SMTP_URL" and deps.mail_url:
            return deps.mail_url
        return deps.settings.for_jobs(name)

    async def checkpoint(self, data: Any, *, key: str = "") -> None:
        """Keep a value for later attempts of this job."""
        await self._keepsakes.checkpoint(data, key)

    async def resume(self, key: str = "") -> Any | None:
        """What was last kept under this key by any attempt."""
        return await self._keepsakes.resume(key)

    async def checkpoints(self) -> dict[str, Any]:
        """Everything that attempts of this job have kept, by key."""
        return await self._keepsakes.checkpoints()

    async def remember(self, key: str, data: Any) -> None:
        """Keep a value for later jobs of the same type."""
        await self._keepsakes.remember(key, data)

    async def recall(self, key: str) -> Any | None:
        """What a job of this type last remembered under this key."""
        return await self._keepsakes.recall(key)

    def artifact(self, name: str, media_type: str) -> AbstractAsyncContextManager[ArtifactDraft]:
        """Write a file that clients can download."""
        return self._files.artifact(name, media_type)

    async def publish(self, path: Path, name: str, media_type: str) -> ArtifactRecord:
        """Make an artifact of a file in `workdir()`."""
        return await self._files.publish(path, name, media_type)

    def workdir(self) -> Path:
        """A folder of this attempt alone."""
        return self._files.workdir()

    async def open_upload(self, upload_id: UUID) -> StoredFile:
        """A file that a client uploaded."""
        return await self._files.open_upload(upload_id)

    async def open_artifact(self, job_id: UUID, name: str) -> StoredFile:
        """A file that a job has produced."""
        return await self._files.open_artifact(job_id, name)

    async def result_of(self, job_id: UUID) -> dict[str, Any] | None:
        """Another job as `GET /jobs/{id}` shows it, without logs and events."""
        return await self._keepsakes.result_of(job_id)

    async def sandbox(
        self, function: Callable[..., Any] | str, *args: Any, limits: SandboxLimits | None = None
    ) -> Any:
        """Run a function in a child process with limits."""
        limits = limits or SandboxLimits()
        left = max(self._ends_at - time.monotonic(), 0.1)
        limits = msgspec.structs.replace(limits, seconds=min(limits.seconds, left))
        return await run_child(
            function, args, limits=limits, on_report=self._take, spares=self._unit.spares
        )

    async def companion(
        self,
        function: Callable[..., Any] | str,
        request: Any,
        *,
        key: str,
        on_part: Callable[[Any], Awaitable[None] | None] | None = None,
        limits: CompanionLimits | None = None,
    ) -> Any:
        """Ask a function in a child process that stays alive between jobs."""
        return await self._unit.deps.companions.ask(
            function, request, key=key, on_part=on_part, limits=limits
        )

    async def close(self) -> None:
        """Let no report leave after this, and wait until the log is written.

        The outcome carries the last report. It comes after the log: whoever sees that a job has
        ended finds every line, and may delete them all.
        """
        self._closed = True  # what the handler left running may still report
        for timer in (self._timer, self._stream_timer):
            if timer:
                timer.cancel()
        while self._unsent:
            self._send_stream()
        await self._files.close()
        if self._last_line:
            await self._last_line  # lines are written in order

    def _take(self, progress: Progress) -> None:
        if self._closed:
            return
        self._latest = _tidied(progress)
        wait = self._reported_at + PROGRESS_SECONDS - time.monotonic()
        if wait <= 0:
            self._report()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._report)

    def _report(self) -> None:
        self._timer = None
        self._reported_at = time.monotonic()
        if self._latest is None:
            return
        body = msgspec.json.encode(self._latest).decode()
        self._unit.progress.add((self.job_id, self.attempt, body))
        row = msgspec.structs.replace(self._row, progress=self._latest)
        frame = msgspec.structs.replace(moved(row, datetime.now(UTC)), event=Event.JOB_PROGRESS)
        self._unit.deps.stream.announce_soon([frame])

    def _send_stream(self) -> None:
        self._stream_timer = None
        text = "".join(self._unsent)
        piece, rest = text[:STREAM_PIECE], text[STREAM_PIECE:]
        self._unsent = [rest] if rest else []
        part = StreamPart(attempt=self.attempt, offset=self._streamed, text=piece)
        self._streamed += len(piece)
        frame = msgspec.structs.replace(
            moved(self._row, datetime.now(UTC)), event=Event.JOB_STREAM, stream=part
        )
        self._unit.deps.stream.announce_soon([frame])
        if rest and not self._closed:
            loop = asyncio.get_running_loop()
            self._stream_timer = loop.call_later(STREAM_SECONDS, self._send_stream)

    def _write(self, level: str, text: str, body: str | None) -> None:
        at = datetime.now(UTC)
        seq = (self.attempt - 1) * SEQ_STRIDE + self._lines
        self._last_line = self._unit.lines.add(
            Line(self.job_id, seq, self.attempt, at, level, text, body)
        )
        line = LogLine(
            seq=seq,
            at=at,
            attempt=self.attempt,
            level=level,
            message=text,
            fields=msgspec.json.decode(body) if body else {},
        )
        frame: JobFrame = msgspec.structs.replace(
            moved(self._row, at), event=Event.JOB_LOG, log=line
        )
        self._unit.deps.stream.announce_soon([frame])


def _tidied(progress: Progress) -> Progress:
    """The percentage worked out and kept within 0 to 100, texts cut to one line's worth."""
    percent, current, total = map(_number, (progress.percent, progress.current, progress.total))
    if percent is None and total and current is not None:
        percent = 100.0 * current / total
    return Progress(
        percent=None if percent is None else round(min(max(percent, 0.0), 100.0), 1),
        current=current,
        total=total,
        stage=progress.stage and plain_text(progress.stage, 100),
        message=progress.message and plain_text(progress.message, 300),
    )


def _number(value: float | None) -> float | None:
    """A number that JSON can carry there and back; None for what is beyond it."""
    if value is None:
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
