"""Timetables: what a cron expression or an interval means."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import msgspec
from litestar import Router, post
from litestar.params import JSONBody
from msgspec import Meta

from taskforge.api.auth import needs
from taskforge.core.errors import Fault, Invalid
from taskforge.core.people import Permission
from taskforge.core.schedule import YEARS, Span, check, upcoming
from taskforge.core.timetable import Fire, explain, local

MAX_FIRES = 50


class TimetableTrial(Span, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A timetable to try."""

    after: Annotated[datetime, Meta(tz=True)] | None = None
    """Where to begin (RFC 3339); null: now. Intervals without a start are counted from here."""
    count: Annotated[int, Meta(ge=1, le=MAX_FIRES)] = 10


class TimetablePreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a timetable means."""

    words: str
    """In plain English."""
    fires: Sequence[Fire]
    """The next ones before its end; days on which clocks are changed are marked."""


@post("/schedules/preview", operation_id="previewTimetable", summary="Try a timetable",
      guards=[needs(Permission.READ)], status_code=200, sync_to_thread=False,
      opt={"example": {"cron": "30 2 * * MON-FRI", "timezone": "Europe/Paris"}})  # fmt: skip
def try_(data: JSONBody[TimetableTrial]) -> TimetablePreview:
    """Says in words when it fires, and the next moments, in UTC and in its zone.

    Where the hour is named, a wall time that a change of clocks skips fires at the first moment
    after the gap, and one that comes twice fires once. Where it is open (`*`), time that passes
    counts.
    """
    check(data)
    after = data.after or datetime.now(UTC)
    if after.year not in YEARS:
        message = f"must be of the years {YEARS[0]} to {YEARS[-1]}"
        raise Invalid(f"after {message}", faults=[Fault("/after", message)])
    moments = islice(upcoming(data, after, created_at=after), data.count)
    return TimetablePreview(words=explain(data), fires=local(data, moments))


router = Router("/", route_handlers=[try_], tags=["schedules"])
