"""The system's own schedules: what schedulers do every so often, in words."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

import msgspec

REPORT_SECONDS = 10.0
"""How often a scheduler writes down how its duties fare; what is told may be so old."""


class About(NamedTuple):
    """A duty."""

    says: str
    upkeep: bool = False
    """Whether it cares for what is kept (retention, counters) rather than for waiting jobs."""


DUTIES: Mapping[str, About] = MappingProxyType(
    {
        "promote": About("Queues scheduled and retrying jobs whose time has come."),
        "fire": About("Makes the jobs of schedules whose moment has come."),
        "release": About("Makes the jobs that waited for the end of the one before."),
        "rescue": About("Takes jobs from workers that fell silent."),
        "rehint": About("Tells workers again of queued jobs whose message was lost."),
        "fleet": About("Notes which workers fell silent."),
        "webhooks": About("Sends the webhooks that are due."),
        "operate": About("Carries out operations on many jobs."),
        "resume": About("Lets queues go on whose pause has come to its end."),
        "count": About("Adds up what has changed, for the summary and the charts.", upkeep=True),
        "gather": About("Puts failures that are alike into groups.", upkeep=True),
        "sketch": About("Draws sketches of payloads, for searches.", upkeep=True),
        "prune": About("Deletes jobs and records whose time is over: retention.", upkeep=True),
        "expire": About("Deletes uploads whose time is over.", upkeep=True),
        "sweep": About("Deletes files that nothing lists any more.", upkeep=True),
        "survey": About("Reads how the installation stands, for its metrics.", upkeep=True),
        "report": About("Writes down how these duties fare.", upkeep=True),
    }
)
"""By the name that the scheduler gives them."""


class DutyView(msgspec.Struct, frozen=True, kw_only=True):
    """A duty of the schedulers, and how it fares."""

    name: str
    words: str
    """What it does."""
    upkeep: bool
    """Whether it cares for what is kept (retention, counters) rather than for waiting jobs."""
    every_seconds: float | None
    """From the start of one pass to the start of the next; at once again after a full one. Null
    when no scheduler has ever told of it, and so are all that follow."""
    ran_at: datetime | None
    """When the last pass ended, as far as has been told: every 10 seconds."""
    seconds: float | None
    """How long that pass took."""
    did: int | None
    """How much it did: jobs, rows or files."""
    ok: bool | None
    """Whether it came to its end; it is tried again in any case."""
    passes: int | None
    """Of all schedulers, ever."""
    total: int | None
    """How much all of them did."""
    error: str | None
    """What kind of error the last pass had that failed; the log has the details."""
    failed_at: datetime | None
    """When that was."""
    scheduler: str | None
    """Who told of it last: host and process, and `(worker)` where one stands in."""
    lag_seconds: float | None
    """How much later the next pass is than it should be; 0 when all is well."""
