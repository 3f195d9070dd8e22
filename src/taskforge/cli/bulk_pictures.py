"""Bulk operations as people read them on a terminal, and as they come on."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from rich.console import Group, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.moments import age
from taskforge.cli.output import talk
from taskforge.cli.pictures import cell, job_table
from taskforge.core.history import JobItem
from taskforge.core.operation import OperationAction, OperationStatus, Outcome, Reason
from taskforge.core.states import JobStatus

DONE = {
    OperationAction.CANCEL: "cancelled",
    OperationAction.RETRY: "queued again",
    OperationAction.DELETE: "deleted",
    OperationAction.REPRIORITISE: "given another priority",
}
WHY = {
    Reason.ENDED: "it has ended",
    Reason.NOT_ENDED: "it has not ended",
    Reason.NOT_WAITING: "it does not wait",
    Reason.SUCCEEDED: "it has succeeded",
    Reason.STOP_ASKED: "its worker has been asked already",
    Reason.SAME_PRIORITY: "it has that priority already",
    Reason.CHANGED: "it did not match any more",
    Reason.BUSY: "somebody else was at it",
    Reason.NOT_FOUND: "there is no such job",
    Reason.OUT_OF_REACH: "the API key does not reach it",
}


class Trial(msgspec.Struct, frozen=True):
    """What a dry run says."""

    action: OperationAction
    count: int | None
    at_least: int
    cannot: dict[JobStatus, int]
    not_found: int
    out_of_reach: int
    sample: list[JobItem]

    @property
    def number(self) -> str:
        """How many, in words."""
        jobs = "job" if self.count == 1 else "jobs"
        return f"{self.at_least:,} {jobs}" if self.count is not None else (
            f"more than {self.at_least:,} jobs"
        )  # fmt: skip


class Shown(msgspec.Struct, frozen=True):
    """Of an operation, what is shown."""

    id: UUID
    action: OperationAction
    status: OperationStatus
    actor: str | None
    created_at: datetime
    total: int | None
    done: int
    skipped: int
    failed: int
    rate_per_second: float | None
    reason: str | None
    stop_reason: str | None

    @property
    def processed(self) -> int:
        """Jobs that have had their turn."""
        return self.done + self.skipped + self.failed


class Item(msgspec.Struct, frozen=True):
    """What became of one job."""

    job_id: UUID
    outcome: Outcome
    reason: Reason | None
    status: JobStatus | None


def trial_picture(trial: Trial) -> RenderableType:
    """What would be done."""
    parts: list[RenderableType] = [Text(f"{trial.number} would be {DONE[trial.action]}")]
    left = [f"{n:,} {status}" for status, n in sorted(trial.cannot.items())]
    left += [f"{trial.not_found:,} not found"] if trial.not_found else []
    left += [f"{trial.out_of_reach:,} out of reach"] if trial.out_of_reach else []
    if left:
        parts.append(Text(f"not: {', '.join(left)}", style="dim"))
    if trial.sample:
        parts.append(job_table(trial.sample))
    return Group(*parts)


def operation_table(found: Sequence[Shown]) -> RenderableType:
    """A list of operations."""
    if not found:
        return Text("no bulk operations", style="dim")
    now = datetime.now(UTC)
    numbers = [Column(name, justify="right") for name in ("total", "done", "skipped", "failed")]
    table = Table("id", "action", "status", *numbers, "by", "created", "", box=None)
    for one in found:
        table.add_row(
            Text(str(one.id), no_wrap=True),
            one.action.value,
            _standing(one),
            "" if one.total is None else f"{one.total:,}",
            f"{one.done:,}",
            f"{one.skipped:,}",
            f"{one.failed:,}",
            cell(one.actor),
            age(one.created_at, now),
            cell(one.reason),
        )
    return table


def item_table(items: Sequence[Item]) -> RenderableType:
    """What became of jobs."""
    if not items:
        return Text("no jobs", style="dim")
    table = Table("job", "outcome", "was", "why", box=None)
    for one in items:
        why = "" if one.reason is None else WHY[one.reason]
        table.add_row(Text(str(one.job_id), no_wrap=True), one.outcome.value, one.status or "", why)
    return table


def ending(one: Shown) -> str:
    """How it ended, in a line."""
    parts = [f"{one.done:,} {DONE[one.action]}"]
    parts += [f"{one.skipped:,} skipped"] if one.skipped else []
    parts += [f"{one.failed:,} failed"] if one.failed else []
    return f"{_standing(one)}: {', '.join(parts)}"


def watch(seen: Iterable[Shown]) -> Shown:
    """Show how an operation comes on; as it is in the end.

    A bar on a terminal; elsewhere a line for each tenth of the way. All of it is talk.
    """
    if talk.is_interactive and not talk.is_dumb_terminal:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}", markup=False),
        )
        with Progress(*columns, console=talk, transient=True) as progress:
            task = progress.add_task("", total=None, rate="")

            def draw(one: Shown) -> None:
                rate = f"{one.rate_per_second:,.0f}/s" if one.rate_per_second else ""
                progress.update(
                    task,
                    description=one.status.value,
                    total=one.total,
                    completed=one.processed,
                    rate=rate,
                )

            return _last(seen, draw)
    told: list[int | str] = []

    def tell(one: Shown) -> None:
        stage = 10 * one.processed // one.total if one.total else one.status.value
        if stage not in told:
            told.append(stage)
            far = f"{one.processed:,} of {one.total:,}" if one.total else one.status.value
            talk.print(far, highlight=False)

    return _last(seen, tell)


def _last(seen: Iterable[Shown], draw: Callable[[Shown], None]) -> Shown:
    last: Shown | None = None
    for last in seen:
        draw(last)
    if last is None:
        raise ValueError("nothing was seen")
    return last


def _standing(one: Shown) -> str:
    return one.status.value if one.stop_reason is None else f"{one.status} ({one.stop_reason})"
