"""From SQL to `core.job.JobRow`: the one mapping that reads and moves share."""

from typing import Any, Protocol

import msgspec

from taskforge.core.failures import ErrorClass
from taskforge.core.job import JobRow, Progress
from taskforge.core.priority import BY_RANK
from taskforge.core.states import JobStatus

ROW_COLUMNS = """
j.id, j.type, j.priority, j.status, j.attempt, j.failures, j.max_retries, j.version,
j.created_at, j.run_at, j.queued_at, j.started_at, j.finished_at, j.duration_seconds,
j.timeout_seconds, j.cancel_requested_at, j.worker_id, j.error_class,
j.progress::text AS progress, d.created_by, d.tags, d.summary
""".strip()
"""What `job_row` reads, of `jobs j` and `job_details d`; also good after RETURNING."""

_DECODE_PROGRESS = msgspec.json.Decoder(Progress)


class NamedRow(Protocol):
    """A row whose columns are found by name: SQLAlchemy's RowMapping, asyncpg's Record."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of one column."""
        ...


def job_row(row: NamedRow) -> JobRow:
    """A row with `ROW_COLUMNS`, as a struct.

    Statuses and priorities come as enums; an unknown one is a ValueError, which the CHECK
    constraints of the table exclude.
    """
    return JobRow(**job_fields(row))


def job_fields(row: NamedRow) -> dict[str, Any]:
    """The same as keyword arguments, for structs that extend `JobRow`."""
    progress: str | None = row["progress"]
    error_class: str | None = row["error_class"]
    return {
        "id": row["id"],
        "type": row["type"],
        "priority": BY_RANK[row["priority"]],
        "status": JobStatus(row["status"]),
        "attempt": row["attempt"],
        "failures": row["failures"],
        "max_retries": row["max_retries"],
        "version": row["version"],
        "created_at": row["created_at"],
        "run_at": row["run_at"],
        "queued_at": row["queued_at"],
        "started_at": row["started_at"],
        "finished_at": row["finished_at"],
        "duration_seconds": row["duration_seconds"],
        "timeout_seconds": row["timeout_seconds"],
        "cancel_requested_at": row["cancel_requested_at"],
        "worker_id": row["worker_id"],
        "created_by": row["created_by"],
        "tags": row["tags"],
        "summary": row["summary"],
        "progress": None if progress is None else _DECODE_PROGRESS.decode(progress),
        "error_class": None if error_class is None else ErrorClass(error_class),
    }
