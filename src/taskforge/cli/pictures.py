"""Jobs as people read them on a terminal.

What comes from jobs is shown as text and nothing else: neither rich's markup nor a terminal's
control sequences in it have any effect.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.moments import age, calendar, clock, took
from taskforge.cli.output import plain
from taskforge.core.events import LogLine
from taskforge.core.failures import ErrorRecord
from taskforge.core.history import AttemptRecord, JobDetail, JobItem
from taskforge.core.job import JobRow
from taskforge.core.states import JobStatus

LOOKS = {
    JobStatus.SCHEDULED: ("◷", "cyan"),
    JobStatus.QUEUED: ("·", "blue"),
    JobStatus.RUNNING: ("▶", "bright_blue"),
    JobStatus.RETRYING: ("↻", "yellow"),
    JobStatus.SUCCESS: ("✓", "green"),
    JobStatus.FAILED: ("✗", "red"),
    JobStatus.DEAD_LETTER: ("✗", "bright_red"),
    JobStatus.CANCELLED: ("⊘", "magenta"),
}
"""Sign and colour of a status; its word always stands beside them."""
LOG_STYLES = {"warning": "yellow", "error": "red", "debug": "dim"}
LOG_TAIL = 20
"""Log lines shown with a job; `taskforge job logs` shows all."""


def cell(value: Any) -> Text:
    """A value in one cell."""
    if value is None:
        return Text("", style="dim")
    if isinstance(value, float):
        return Text(f"{value:.10g}")
    return Text(plain(value if isinstance(value, str) else json_line(value)))


def json_line(value: Any) -> str:
    """A value as JSON on one line."""
    return msgspec.json.encode(value).decode()


def json_block(value: Any) -> Text:
    """A value as JSON, indented."""
    return Text(plain(msgspec.json.format(msgspec.json.encode(value)).decode()))


def status(value: JobStatus) -> Text:
    """A status with its sign."""
    sign, style = LOOKS[value]
    return Text(f"{sign} {value}", style=style)


def job_table(jobs: Sequence[JobItem]) -> RenderableType:
    """A list of jobs."""
    if not jobs:
        return Text("no jobs", style="dim")
    now = datetime.now(UTC)
    right = Column("took", justify="right")
    table = Table("id", "status", "type", "priority", "created", right, "what", box=None)
    for job in jobs:
        table.add_row(
            Text(str(job.id), no_wrap=True),
            status(job.status),
            cell(job.type),
            Text(job.priority),
            age(job.created_at, now),
            took(job.duration_seconds),
            cell(" ".join(filter(None, [job.summary, *(f"#{tag}" for tag in job.tags)]))),
        )
    return table


def job_picture(job: JobDetail) -> RenderableType:
    """A job with what is known about it."""
    parts: list[RenderableType] = [_facts(job), *_titled("payload", json_block(job.payload))]
    if job.error is not None:
        parts += _titled("error", error_text(job.error))
    if job.attempts:
        parts += _titled("attempts", _attempts(job.attempts))
    if job.logs:
        parts += _titled("log", *map(log_text, job.logs[-LOG_TAIL:]))
    if job.result is not None:
        parts += _titled("result", result_picture(job.result))
    return Group(*parts)


def error_text(error: ErrorRecord) -> Text:
    """What an attempt failed of."""
    return Text(plain(f"{error.class_}: {error.message}"), style="red")


def log_text(line: LogLine) -> Text:
    """A line of a job's log."""
    facts = "".join(f" {name}={_short(value)}" for name, value in line.fields.items())
    said = plain(f"{clock(line.at)} {line.level:<7} {line.message}{facts}")
    return Text(said, style=LOG_STYLES.get(line.level, ""))


def result_picture(result: Any) -> RenderableType:
    """What a job gave back: its table where it has one, and JSON otherwise."""
    columns, rows = _preview(result)
    if not columns:
        return json_block(result)
    table = Table(*(_column(name, n, rows) for n, name in enumerate(columns)), show_edge=False)
    for row in rows:
        table.add_row(*map(cell, row))
    return Group(table, Text(_caption(result, len(rows)), style="dim"))


def _facts(job: JobRow) -> Table:
    table = Table.grid(padding=(0, 2))
    tries = f"{job.attempt} so far, {job.failures} failed, up to {job.max_retries} retries"
    rows: list[tuple[str, Text | str]] = [
        ("id", str(job.id)),
        ("type", cell(job.type)),
        ("status", status(job.status)),
        ("priority", str(job.priority)),
        ("tags", cell(" ".join(job.tags))),
        ("attempts", tries),
        ("created", calendar(job.created_at)),
        ("due", calendar(job.run_at)),
        ("started", calendar(job.started_at)),
        ("finished", calendar(job.finished_at)),
        ("took", took(job.duration_seconds)),
    ]
    for name, value in rows:
        if value:
            table.add_row(Text(name, style="dim"), value)
    return table


def _titled(title: str, *parts: RenderableType) -> list[RenderableType]:
    return [Text(f"\n{title}", style="bold"), *parts]


def _attempts(attempts: Iterable[AttemptRecord]) -> Table:
    table = Table.grid(padding=(0, 2))
    for one in attempts:
        end = one.finished_at
        spent = took((end - one.started_at).total_seconds()) if end else ""
        why = error_text(one.error) if one.error else Text("")
        outcome = cell(one.outcome or "running")
        table.add_row(str(one.number), outcome, calendar(one.started_at), spent, why)
    return table


def _short(value: Any) -> str:
    return value if isinstance(value, str) and " " not in value else json_line(value)


def _preview(result: Any) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows, when the result shows a table; the shape is checked, for it may be any."""
    try:
        shown = msgspec.convert(result, _WithPreview).preview
    except msgspec.ValidationError:
        return [], []
    even = all(len(row) == len(shown.columns) for row in shown.rows)
    return (shown.columns, shown.rows) if even else ([], [])


class _Preview(msgspec.Struct, frozen=True):
    columns: list[str]
    rows: list[list[Any]]


class _WithPreview(msgspec.Struct, frozen=True):
    preview: _Preview


def _column(name: str, nth: int, rows: list[list[Any]]) -> Column:
    numbers = all(isinstance(row[nth], int | float | None) for row in rows)
    return Column(Text(plain(name)), justify="right" if numbers else "left")


def _caption(result: dict[str, Any], shown: int) -> str:
    """Such as `12 of 12 rows, from 50,000`."""
    total, source = result.get("rows_out"), result.get("rows_in")
    said = f"{shown:,} of {total:,} rows" if isinstance(total, int) else f"{shown:,} rows"
    return f"{said}, from {source:,}" if isinstance(source, int) else said
