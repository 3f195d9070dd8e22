"""What a followed job looks like while it runs: a bar on a terminal, lines anywhere else.

All of it is talk, so it goes to stderr; the result comes afterwards, on stdout.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

import msgspec
import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from taskforge.cli.client import Api
from taskforge.cli.client_live import Follower, Seen, StillGoing
from taskforge.cli.moments import age, took
from taskforge.cli.output import ExitCode, complain, plain, show, talk
from taskforge.cli.pictures import error_text, log_text, result_picture, status
from taskforge.core.history import JobDetail
from taskforge.core.job import JobRow
from taskforge.core.states import JobStatus

STEP_PERCENT = 10.0
"""How far a job has to come for another line."""


class Screen(Protocol):
    """Shows what is seen of a job."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def show(self, job: JobRow) -> None:
        """The job as it is now."""
        ...


def watch_to_end(api: Api, job_id: UUID, *, patience: float | None, as_json: bool) -> None:
    """Follow a job to its end, then show its result on stdout.

    Raises:
        Exit: with 1 when the job did not succeed, with 7 when it has not ended in time.
    """
    try:
        watch(Follower(api, job_id, seconds=patience).follow())
    except StillGoing as error:
        complain(error.detail)
        raise typer.Exit(ExitCode.TIMEOUT) from error
    except KeyboardInterrupt:
        talk.print(f"the job goes on; `taskforge job watch {job_id}` follows it again")
        raise
    answer = api.get(f"/jobs/{job_id}")
    job = answer.read(JobDetail)
    if as_json:
        show(msgspec.Raw(answer.content), as_json=True, picture=str)
    elif job.status is JobStatus.SUCCESS:
        show(job.result, as_json=False, picture=lambda: result_picture(job.result))
    elif job.error is not None:
        talk.print(error_text(job.error), soft_wrap=True)
    if job.status is not JobStatus.SUCCESS:
        raise typer.Exit(ExitCode.JOB_FAILED)


def watch(seen: Iterable[Seen]) -> None:
    """Show a job until it has ended."""
    tell = talk.print
    with _bar() if talk.is_interactive and not talk.is_dumb_terminal else _Lines(tell) as screen:
        last = None
        for one in seen:
            if one.log is not None:
                talk.print(log_text(one.log), soft_wrap=True)
                continue
            if (one.job.status, one.job.attempt) != last:
                last = (one.job.status, one.job.attempt)
                talk.print(_headline(one.job))
            screen.show(one.job)


class _Lines:
    """One line for each stage and each tenth of the way."""

    def __init__(self, tell: Callable[[Text], None]) -> None:
        self._tell = tell
        self._told: tuple[int, str | None, float] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, job: JobRow) -> None:
        """Only what is new, and only while it runs."""
        progress = job.progress
        if progress is None or job.status is not JobStatus.RUNNING:
            return
        percent = progress.percent or 0.0
        told = self._told
        same = told is not None and told[:2] == (job.attempt, progress.stage)
        if told is None or not same or percent - told[2] >= STEP_PERCENT:
            self._told = (job.attempt, progress.stage, percent)
            self._tell(Text(f"{percent:5.1f} %  {_where(job)}"))


class _Bar:
    """A bar that stays in its place, below the lines."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=100.0, where="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, job: JobRow) -> None:
        """Percent, stage and message as they are now."""
        percent = job.progress.percent if job.progress else None
        known = percent is not None or job.status is not JobStatus.RUNNING
        self._progress.update(
            self._task,
            description=job.status.value,
            total=100.0 if known else None,
            completed=100.0 if job.status is JobStatus.SUCCESS else percent or 0.0,
            where=_where(job),
        )


def _bar() -> _Bar:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %", markup=False),
        TextColumn("{task.fields[where]}", markup=False),
        TimeElapsedColumn(),
    )
    return _Bar(Progress(*columns, console=talk, transient=True))


def _where(job: JobRow) -> str:
    progress = job.progress
    parts = (progress.stage, progress.message) if progress else ()
    return plain(": ".join(part for part in parts if part))


def _headline(job: JobRow) -> Text:
    said = status(job.status)
    now = datetime.now(UTC)
    if job.status is JobStatus.RUNNING:
        said.append(f", attempt {job.attempt}")
    elif job.status in (JobStatus.SCHEDULED, JobStatus.RETRYING):
        said.append(f", runs {age(job.run_at, now)}")
    elif job.duration_seconds is not None and job.finished_at is not None:
        said.append(f" after {took(job.duration_seconds)}")
    return said
