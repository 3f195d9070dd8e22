"""Schedules as people read them on a terminal."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from taskforge.cli.moments import age, calendar, took
from taskforge.cli.output import plain
from taskforge.cli.pictures import cell, json_block, status
from taskforge.core.duties import DutyView
from taskforge.core.schedule_view import FireRecord, ScheduleDetail, ScheduleItem
from taskforge.core.timetable import Fire


def schedule_table(schedules: Sequence[ScheduleItem]) -> RenderableType:
    """A list of schedules."""
    if not schedules:
        return Text("no schedules", style="dim")
    now = datetime.now(UTC)
    table = Table("id", "name", "type", "when", "next", "last", box=None)
    for one in schedules:
        table.add_row(
            Text(str(one.id), no_wrap=True),
            cell(one.name),
            cell(one.type),
            cell(_when(one)),
            Text("paused", style="yellow") if one.paused else _next(one, now),
            _outcome(one.last_fire) if one.last_fire else Text(""),
        )
    return table


def schedule_picture(one: ScheduleDetail) -> RenderableType:
    """A schedule with what it makes, what comes and what was."""
    counts = one.counts
    facts = [
        ("id", str(one.id)),
        ("name", one.name),
        ("when", _when(one)),
        ("overlap", one.overlap.value),
        ("missed", one.missed.value),
        ("jitter", took(one.jitter_seconds) if one.jitter_seconds else ""),
        ("starts", calendar(one.starts_at)),
        ("ends", calendar(one.ends_at)),
        ("paused", f"by {one.paused_by}: {one.pause_reason}" if one.paused else ""),
        ("version", str(one.version)),
        ("so far", f"{counts.jobs:,} jobs, {counts.skipped:,} left out, {counts.held:,} held"),
    ]
    head = Table.grid(padding=(0, 2))
    for name, value in facts:
        if value:
            head.add_row(Text(name, style="dim"), cell(value))
    parts: list[RenderableType] = [head, _title("template"), json_block(one.template)]
    if one.next_fires:
        parts += [_title("next"), _fires(one.next_fires)]
    if one.last_fires:
        parts += [_title("last"), fire_table(one.last_fires)]
    return Group(*parts)


def preview_picture(words: str, fires: Sequence[Fire]) -> RenderableType:
    """What a timetable means."""
    return Group(Text(plain(words)), _fires(fires))


def fire_table(fires: Sequence[FireRecord]) -> RenderableType:
    """What became of moments."""
    if not fires:
        return Text("it has not fired", style="dim")
    table = Table("moment", "job", "what became of it", "asked by", box=None)
    for one in fires:
        job = Text(str(one.job_id or ""), no_wrap=True)
        table.add_row(calendar(one.fire_at), job, _outcome(one), cell(one.actor or ""))
    return table


def duty_table(duties: Sequence[DutyView]) -> RenderableType:
    """What the system does by itself."""
    now = datetime.now(UTC)
    numbers = [Column(name, justify="right") for name in ("every", "took", "did", "in all")]
    table = Table("name", "last", *numbers, "how it fares", "what it does", box=None)
    for one in duties:
        table.add_row(
            cell(one.name),
            age(one.ran_at, now),
            took(one.every_seconds),
            took(one.seconds),
            "" if one.did is None else f"{one.did:,}",
            "" if one.total is None else f"{one.total:,}",
            _health(one),
            cell(one.words),
        )
    return table


def _health(one: DutyView) -> Text:
    if one.lag_seconds is None:
        return Text("no scheduler has told of it", style="dim")
    if not one.ok:
        return Text(plain(f"failed: {one.error}"), style="red")
    if one.lag_seconds:
        return Text(f"{took(one.lag_seconds)} late", style="yellow")
    return Text("well", style="green")


def _when(one: ScheduleItem) -> str:
    return one.words if one.cron is None else f"{one.words} ({one.timezone})"


def _next(one: ScheduleItem, now: datetime) -> str | Text:
    return age(one.next_fire_at, now) or Text("none any more", style="dim")


def _outcome(one: FireRecord) -> Text:
    if one.skipped is not None:
        return Text(plain(f"left out: {one.skipped}"), style="yellow")
    if one.held:
        return Text("held", style="cyan")
    return Text("deleted", style="dim") if one.job_status is None else status(one.job_status)


def _fires(fires: Iterable[Fire]) -> Table:
    table = Table.grid(padding=(0, 2))
    for one in fires:
        change = one.clock_change_minutes
        note = f"clocks go {'forward' if change > 0 else 'back'} by {abs(change)} min"
        table.add_row(
            f"{one.local:%a %Y-%m-%d %H:%M:%S %z}", Text(note if change else "", "yellow")
        )
    return table


def _title(title: str) -> Text:
    return Text(f"\n{title}", style="bold")
