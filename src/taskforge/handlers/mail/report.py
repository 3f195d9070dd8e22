"""Another job's result as facts and tables, for the template `report`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from taskforge.core.failures import InvalidInput, TargetError

MAX_FACTS = 30
MAX_TABLES = 3
MAX_COLUMNS = 10
MAX_ROWS = 25
CELL_LIMIT = 160
ENDED = frozenset({"success", "failed", "dead_letter", "cancelled"})
_HIDDEN = frozenset({"version", "warnings", "stats"})


class Table(NamedTuple):
    """Some rows of a result."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    more: int
    """How many rows are not shown."""


def report_of(job_id: object, job: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the template shows of a job.

    Args:
        job_id: which.
        job: as `ctx.result_of` gives it.

    Raises:
        InvalidInput: there is no such job.
        TargetError: it has not ended yet; worth another try later.
    """
    if job is None:
        raise InvalidInput(f"There is no job {job_id} to report on; it may have been deleted.")
    if job.get("status") not in ENDED:
        raise TargetError(f"Job {job_id} is {job.get('status')}: there is no result to report yet.")
    result = job.get("result")
    facts = [("Job", str(job_id)), ("Type", _cell(job["type"])), ("Status", _cell(job["status"]))]
    if job.get("duration_seconds") is not None:
        facts.append(("Duration", f"{job['duration_seconds']:,.2f} s"))
    if isinstance(job.get("error"), dict):
        facts.append(("Error", _cell(job["error"].get("message"))))
    tables: list[Table] = []
    if isinstance(result, dict):
        shown = cast("dict[str, Any]", result)
        facts += [(name, _cell(shown[name])) for name in shown if _is_fact(name, shown[name])]
        found = (_table(name, value) for name, value in shown.items())
        tables = [table for table in found if table][:MAX_TABLES]
    elif result is not None:
        facts.append(("Result", _cell(result)))
    return {"facts": facts[:MAX_FACTS], "tables": [table._asdict() for table in tables]}


def _is_fact(name: str, value: Any) -> bool:
    return name not in _HIDDEN and isinstance(value, str | int | float | bool)


def _table(name: str, value: Any) -> Table | None:
    """A result's part that is a table: `{columns, rows}`, or a list of objects."""
    if isinstance(value, dict):
        part = cast("dict[str, Any]", value)
        columns, rows = part.get("columns"), part.get("rows")
        if not isinstance(columns, list) or not isinstance(rows, list):
            return None
        names = [str(column) for column in cast("list[Any]", columns)]
        lines = [cast("list[Any]", row) for row in cast("list[Any]", rows) if isinstance(row, list)]
        return _cut(name, names, lines)
    if isinstance(value, list) and value:
        items = cast("list[Any]", value)
        if not all(isinstance(item, dict) for item in items):
            return None
        objects = cast("list[dict[str, Any]]", items)
        names = list(dict.fromkeys(key for item in objects[:MAX_ROWS] for key in item))
        return _cut(name, names, [[item.get(key) for key in names] for item in objects])
    return None


def _cut(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table | None:
    if not rows:
        return None
    return Table(
        title,
        [_cell(column) for column in columns[:MAX_COLUMNS]],
        [[_cell(value) for value in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]],
        max(len(rows) - MAX_ROWS, 0),
    )


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= CELL_LIMIT else f"{text[: CELL_LIMIT - 1]}…"
