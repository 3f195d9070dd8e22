"""What `taskforge top` looks like: as many rows as the terminal has, and none that breaks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import ceil
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.moments import age, clock, took
from taskforge.cli.output import plain
from taskforge.cli.pictures import LOOKS
from taskforge.cli.top_view import Rates, View, shares
from taskforge.core.failure_group import FailureGroup
from taskforge.core.fleet import CurrentJob, QueueView, WorkerFacts, WorkerStatus, WorkerView
from taskforge.core.states import JobStatus

BARS = "▁▂▃▄▅▆▇█"
HISTORY_BARS = 10
ALWAYS = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.SUCCESS)
"""Statuses that are shown although no job has them."""
SHORT_ID = 8
"""Characters of an id's end, where ids of one moment differ."""
FLEET_LOOKS = {
    WorkerStatus.ONLINE: "green",
    WorkerStatus.LATE: "yellow",
    WorkerStatus.DRAINING: "cyan",
    WorkerStatus.STOPPING: "magenta",
    WorkerStatus.OFFLINE: "red",
}


class Frame(NamedTuple):
    """The circumstances of a picture."""

    url: str
    height: int
    """Rows that there are."""
    monotonic: float
    paused: bool = False
    keys: bool = True
    """Whether there is anybody to press them."""


class _Part(NamedTuple):
    title: str
    columns: Sequence[str]
    """Those between the first, under the title, and the last; numbers."""
    last: str
    rows: Sequence[Sequence[RenderableType]]
    none: str
    """What to say where there are none."""

    def drawn(self, most: int) -> RenderableType:
        """The heading and at most so many rows, one line each; the last column is cut first."""
        title = Text(self.title, style="bold")
        if not self.rows:
            return title.append(f"  {self.none}", style="not bold dim")
        if len(self.rows) > most:
            title.append(f"  {most} of {len(self.rows):,}", style="not bold dim")
        table = Table(
            Column(title, no_wrap=True),
            *(Column(name, justify="right", no_wrap=True) for name in self.columns),
            Column(self.last, no_wrap=True, overflow="ellipsis", ratio=1),
            box=None,
            expand=True,
            pad_edge=False,
            header_style="dim",
        )
        for row in self.rows[:most]:
            table.add_row(*row)
        return table


def picture(view: View, rates: Rates, frame: Frame) -> RenderableType:
    """How things stand, in at most `frame.height` rows."""
    now = datetime.now(UTC)
    head: list[RenderableType] = [_title(view, frame), *_figures(view, rates, frame.monotonic)]
    busy = [(worker, job) for worker in view.workers for job in worker.jobs]
    busy.sort(key=lambda pair: pair[1].started_at)
    parts = [
        _queues(view.queues),
        _workers(view.workers, now),
        _running(busy, now),
        _failures(view.failures, now),
    ]
    # One row for each heading and one between parts; the last row of a terminal stays empty.
    room = frame.height - len(head) - 2 * len(parts) - 1
    given = shares([len(part.rows) for part in parts], room)
    body = (part.drawn(most) for part, most in zip(parts, given, strict=True))
    return Group(*head, *(line for part in body for line in (Text(), part)))


def _title(view: View, frame: Frame) -> Text:
    said = Text(no_wrap=True, overflow="ellipsis")
    said.append("TaskForge ", style="bold")
    said.append(_line(frame.url), style="dim")
    if view.away is not None:
        said.append(f"  ✗ away: {_line(view.away)}", style="bold red")
    elif frame.paused:
        said.append("  ‖ paused", style="bold yellow")
    elif frame.keys:
        said.append("  ● live" if view.live else "  ◌ asking every few seconds", style="green")
    said.append(f"  {clock(view.figures.at)}", style="dim")
    if frame.keys:
        said.append("  q quit, p pause", style="dim")
    return said


def _figures(view: View, rates: Rates, now: float) -> list[RenderableType]:
    counts = Text(no_wrap=True, overflow="ellipsis")
    for status in JobStatus:
        sign, style = LOOKS[status]
        number = view.figures.by_status.get(status, 0)
        if number or status in ALWAYS:
            counts.append(f"{sign} {number:,} ", style=style)
            counts.append(f"{status.value}  ", style="dim")
    figures = view.figures
    pace = rates.per_second(now)
    ended = f"{pace:,.1f}/s" if pace is not None else f"{figures.throughput_per_minute / 60:,.1f}/s"
    speed = Text(no_wrap=True, overflow="ellipsis")
    speed.append(f"{ended} ended ", style="bold")
    speed.append(_bars(rates.history(now, HISTORY_BARS)), style="green")
    for name, spread in (("wait", figures.wait_seconds), ("run", figures.duration_seconds)):
        speed.append(f"  {name} ", style="dim")
        speed.append(f"p50 {took(spread.p50) or '?'}, p95 {took(spread.p95) or '?'}")
    return [counts, speed]


def _bars(history: Sequence[int]) -> str:
    """A chart of one line; its highest bar is the most there was."""
    most = max(*history, 1)
    return "".join(BARS[ceil(n * (len(BARS) - 1) / most)] for n in history)


def _queues(queues: Sequence[QueueView]) -> _Part:
    columns = ("waiting", "running", "later", "in/min", "out/min", "oldest")
    rows = [
        (
            Text(_line(it.name)),
            f"{it.depth:,}",
            f"{it.running:,}",
            f"{it.scheduled:,}",
            f"{it.in_per_minute:,.1f}",
            f"{it.out_per_minute:,.1f}",
            took(it.oldest_age_seconds),
            Text(_line(f"paused: {it.pause_reason or ''}"), style="yellow") if it.paused else "",
        )
        for it in queues
    ]
    return _Part("queues", columns, "", rows, "none")


def _workers(workers: Sequence[WorkerView], now: datetime) -> _Part:
    here = [it for it in workers if it.status is not WorkerStatus.OFFLINE or it.lost]
    rows = [
        (
            Text(_line(f"{it.host}:{it.pid}") + " ").append(
                it.status.value, FLEET_LOOKS[it.status]
            ),
            f"{len(it.jobs)}/{it.slots}",
            *_load(it.facts or WorkerFacts()),
            age(it.beat_at, now),
            Text(_line(",".join(it.queues))),
        )
        for it in here
    ]
    return _Part(
        "workers",
        ("slots", "cpu", "memory", "beat"),
        "queues",
        rows,
        "none: `taskforge worker` starts one",
    )


def _load(facts: WorkerFacts) -> tuple[str, str]:
    """Processor and memory, as far as they are known."""
    cpu, memory = facts.cpu_percent, facts.memory_bytes
    return (
        "" if cpu is None else f"{cpu:.0f} %",
        "" if memory is None else f"{memory / 2**20:,.0f} MiB",
    )


def _running(busy: Sequence[tuple[WorkerView, CurrentJob]], now: datetime) -> _Part:
    rows = [
        (
            Text(f"…{str(job.id)[-SHORT_ID:]} ").append(_line(job.type), style="bold"),
            str(job.attempt),
            took((now - job.started_at).total_seconds()),
            Text(_place(worker), style="dim"),
        )
        for worker, job in busy
    ]
    return _Part("running", ("attempt", "for"), "on", rows, "nothing")


def _failures(failures: Sequence[FailureGroup], now: datetime) -> _Part:
    rows = [
        (
            Text(f"{it.fingerprint} ", style="dim").append(_line(it.type), style="bold"),
            f"{it.total:,}",
            age(it.last_seen, now),
            Text(_line(f"{it.kind}: {it.title}"), style="red"),
        )
        for it in failures
    ]
    return _Part("newest failures", ("ever", "last seen"), "what", rows, "none")


def _place(worker: WorkerView) -> str:
    return _line(f"{worker.host}:{worker.pid}")


def _line(text: str) -> str:
    """Text of strangers on one line."""
    return " ".join(plain(text).split())
