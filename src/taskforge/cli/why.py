"""`taskforge job why`: what keeps a job from starting."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec
from rich.console import Group, RenderableType
from rich.text import Text

from taskforge.cli.client import open_api
from taskforge.cli.files import Id
from taskforge.cli.moments import age, calendar
from taskforge.cli.output import Json, plain, show
from taskforge.cli.pictures import status
from taskforge.core.states import WAITING
from taskforge.core.why import Blocker, NoEstimate, Why

NO_ESTIMATE: Final = {
    NoEstimate.NOT_WAITING: "it does not wait",
    NoEstimate.PAUSED: "the pause of its queue has no end",
    NoEstimate.NO_WORKER: "no live worker would take it",
    NoEstimate.LIMIT_IS_ZERO: "a limit of 0 stops it",
    NoEstimate.NO_IDLE_WORKER: "when a worker will be idle cannot be told",
    NoEstimate.OVERTAKEN: "more urgent jobs come as fast as jobs are started",
    NoEstimate.NO_RECENT_THROUGHPUT: "nothing ran lately to judge by",
}


def why(job_id: Id, as_json: Json = False) -> None:
    """Tell why a job waits, and when it will probably start."""
    answer = open_api().get(f"/jobs/{job_id}/why")
    told = answer.read(Why)
    show(msgspec.Raw(answer.content), as_json=as_json, picture=lambda: _picture(told))


def _picture(told: Why) -> RenderableType:
    since = "" if told.since is None else f" since {calendar(told.since)}"
    parts = [status(told.status).append(since)]
    if told.blockers:
        parts += [line for it in told.blockers for line in _blocker(it, told.at)]
    else:
        parts.append(Text(plain(told.message)))
    if told.status in WAITING:
        parts.append(_estimate(told))
    return Group(*parts)


def _blocker(one: Blocker, now: datetime) -> Iterator[Text]:
    ends = "" if one.until is None else f" ({age(one.until, now)})"
    yield Text(plain(f"- {one.message}{ends}"))
    for what, ids in (("jobs", one.jobs), ("workers", one.workers)):
        if ids:
            yield Text(f"  {what}: {' '.join(map(str, ids))}", style="dim")


def _estimate(told: Why) -> Text:
    if told.estimate is None:
        reason = "" if told.estimate_reason is None else NO_ESTIMATE[told.estimate_reason]
        return Text(f"starts: cannot be told: {reason}")
    p50, p90 = told.estimate.p50_at, told.estimate.p90_at
    return Text(
        f"starts: {calendar(p50)} ({age(p50, told.at)}), or later; 9 times in 10 by"
        f" {calendar(p90)} ({age(p90, told.at)})"
    )
