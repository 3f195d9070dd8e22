"""When a schedule fires: cron expressions and intervals, in a time zone (R-61, R-62).

A cron expression speaks of wall clocks. Where the hour is open (`*`, `*/2`), it follows elapsed
time: both copies of a repeated hour count, and a skipped hour does not. Where the hour is named, a
wall time that a change of clocks skips fires once, at the first moment after the gap, and one that
is repeated fires once, the first time. An interval counts elapsed seconds and knows no clocks.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from cronsim import CronSim, CronSimError
from msgspec import Meta

from taskforge.core.errors import Fault, Invalid

MAX_EXPRESSION = 120
MIN_INTERVAL, MAX_INTERVAL = 1.0, 366 * 86_400.0
"""Seconds."""
_SECOND, _MINUTE, _DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
_LONGEST_GAP = timedelta(days=2)
"""Samoa once left out a whole day."""


Cron = Annotated[str, Meta(min_length=1, max_length=MAX_EXPRESSION)]
IntervalSeconds = Annotated[float, Meta(ge=MIN_INTERVAL, le=MAX_INTERVAL)]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64)]


class Timetable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of a cron expression and an interval."""

    cron: Cron | None = None
    """Five fields, or six with seconds first; names (`MON`, `JAN`), `L`, `LW`, `MON#2`, `5L`."""
    interval_seconds: IntervalSeconds | None = None
    timezone: ZoneName = "UTC"
    """IANA name; for cron expressions."""


class Fire(msgspec.Struct, frozen=True, kw_only=True):
    """A moment at which a schedule fires."""

    at: datetime
    """UTC."""
    local: datetime
    """The same in the schedule's zone."""
    clock_change_minutes: int = 0
    """By how much clocks are changed on that local day: 60 when an hour is skipped, -60 when one
    comes twice."""


def check(timetable: Timetable) -> None:
    """Refuse what cannot be scheduled; bounded work whatever is given.

    Raises:
        Invalid: with pointers to `cron`, `interval_seconds` or `timezone`.
    """
    if timetable.timezone not in _zones():
        raise _invalid("/timezone", f"there is no time zone {timetable.timezone!r};"
                                    " give an IANA name such as Europe/Paris")  # fmt: skip
    if (timetable.cron is None) == (timetable.interval_seconds is None):
        raise _invalid("/cron", "give cron or interval_seconds, one of them")
    if timetable.cron is not None:
        _check_cron(timetable.cron)


def fires(timetable: Timetable, after: datetime, *, anchor: datetime) -> Iterator[datetime]:
    """The moments at which it fires, in order, without end.

    Args:
        timetable: checked.
        after: aware; the first is later than this.
        anchor: aware; intervals are counted from here.

    Yields:
        Aware moments in UTC.
    """
    if timetable.interval_seconds is not None:
        return _by_interval(timetable.interval_seconds, after, anchor)
    zone = ZoneInfo(timetable.timezone)
    expression = timetable.cron or ""
    if expression.split()[-4].startswith("*"):
        return _by_elapsed_time(expression, after, zone)
    return _by_wall_clock(expression, after, zone)


def local(timetable: Timetable, moments: Iterable[datetime]) -> list[Fire]:
    """The moments in its zone, with the days marked on which clocks are changed."""
    zone = ZoneInfo(timetable.timezone)
    return [_shown(at, zone) for at in moments]


def explain(timetable: Timetable) -> str:
    """What it says, in plain English words."""
    if timetable.interval_seconds is not None:
        return f"Every {_span(timetable.interval_seconds)}"
    return CronSim(timetable.cron or "", datetime(2000, 1, 1)).explain()  # noqa: DTZ001 - a wall clock


def _check_cron(expression: str) -> None:
    try:
        next(CronSim(expression, datetime(2000, 1, 1)))  # noqa: DTZ001 - a wall clock has no zone
    except CronSimError as error:
        detail = f"{str(error)[:1].lower()}{str(error)[1:]} in {expression!r}"
    except StopIteration:
        detail = f"{expression!r} names no day that ever comes"
    except (AssertionError, ValueError, TypeError, OverflowError, RecursionError):
        detail = f"{expression!r} cannot be read"
    else:
        return
    raise _invalid("/cron", detail)


def _by_interval(seconds: float, after: datetime, anchor: datetime) -> Iterator[datetime]:
    number = max(0, int((after - anchor).total_seconds() // seconds) - 1)
    while True:
        at = anchor + timedelta(seconds=seconds * number)
        if at > after:
            yield at.astimezone(UTC)
        number += 1


def _by_elapsed_time(expression: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    # Between two changes of clocks wall clocks run as time does: one such stretch after the other.
    latest, offset = after.astimezone(UTC), _offset(after, zone)
    wall = (latest + offset).replace(tzinfo=None)
    while True:
        change = None
        for candidate in CronSim(expression, wall):
            at = candidate.replace(tzinfo=UTC) - offset
            change = _first_change(latest, at, zone)
            if change is not None:
                break
            latest = at
            yield at
        if change is None:
            return
        latest, offset = change, _offset(change, zone)
        wall = (latest + offset - _SECOND).replace(tzinfo=None)


def _by_wall_clock(expression: str, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    # The walls of a gap that ends after `after` are later than its own; those of an hour that
    # comes twice are passed over where their moment was the first.
    latest = after
    for wall in CronSim(expression, after.astimezone(zone).replace(tzinfo=None)):
        at = _moment(wall, zone)
        if at > latest:
            latest = at
            yield at


def _first_change(early: datetime, late: datetime, zone: ZoneInfo) -> datetime | None:
    """The first moment after `early`, up to `late`, from which clocks are set differently."""
    offset = _offset(early, zone)
    while early < late:
        end = min(early + _DAY, late)
        if _offset(end, zone) != offset:
            while end - early > _SECOND:
                middle = early + (end - early) / 2
                if _offset(middle, zone) == offset:
                    early = middle
                else:
                    end = middle
            return end.replace(microsecond=0)
        early = end
    return None


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _moment(wall: datetime, zone: ZoneInfo) -> datetime:
    """When a wall clock shows this for the first time, or first shows more than this."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    # In a gap: what stands there on both sides tells where it ends.
    low, high = at - _LONGEST_GAP, at + _LONGEST_GAP
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _shown(at: datetime, zone: ZoneInfo) -> Fire:
    local = at.astimezone(zone)
    midnight = datetime.combine(local.date(), time(), zone)
    before, after = _offset(midnight, zone), _offset(midnight + _DAY, zone)
    return Fire(at=at, local=local, clock_change_minutes=int((after - before) / _MINUTE))


def _span(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            number = int(seconds / size)
            return unit if number == 1 else f"{number:,} {unit}s"
    return f"{seconds:g} seconds"


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid(f"{pointer[1:]}: {message}", faults=[Fault(pointer, message)])
